// Where the phone is told to be: every ten seconds, whatever its clock does.
import { afterEach, expect, it, vi } from "vitest";
import { startSharing, stopSharing } from "../src/phone/position";

afterEach(() => {
  stopSharing();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("goes on being told after the clock was set back", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("isSecureContext", true);
  const asked = vi.fn(() => Promise.resolve(Response.json({})));
  vi.stubGlobal("fetch", asked);
  let moved: PositionCallback = () => undefined;
  const watchPosition = (heard: PositionCallback) => {
    moved = heard;
    return 1;
  };
  vi.stubGlobal("navigator", { geolocation: { watchPosition, clearWatch: () => undefined } });
  const move = async () => {
    const coords = { latitude: 29.3, longitude: 104.7, accuracy: 8, speed: null };
    moved({ coords, timestamp: Date.now() } as GeolocationPosition);
    await vi.advanceTimersByTimeAsync(1);
  };
  startSharing("patrol-1");
  await move();
  expect(asked).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(5000);
  await move();
  expect(asked).toHaveBeenCalledTimes(1);
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(6000);
  await move();
  expect(asked).toHaveBeenCalledTimes(2);
});
