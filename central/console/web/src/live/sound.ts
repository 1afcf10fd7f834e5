// An audible alert, off until the user switches it on: browsers allow sound only after a gesture, and rooms differ.
import { settings } from "../base/settings";

let context: AudioContext | null = null;

function tone(within: AudioContext, frequency: number, start: number, length: number): void {
  const oscillator = within.createOscillator();
  const gain = within.createGain();
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0.0001, start);
  gain.gain.exponentialRampToValueAtTime(0.25, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + length);
  oscillator.connect(gain).connect(within.destination);
  oscillator.start(start);
  oscillator.stop(start + length);
}

/** Sound an alert: the more urgent the higher and the more often. Silent where sound is off or not allowed yet. */
export function ring(priority: number): void {
  if (!settings.get().sound) return;
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume();
  const times = priority === 1 ? 3 : priority === 2 ? 2 : 1;
  for (let i = 0; i < times; i += 1)
    tone(context, priority <= 2 ? 1175 : 784, context.currentTime + i * 0.22, 0.18);
}
