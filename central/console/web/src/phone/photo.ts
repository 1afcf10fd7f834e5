// A photo as the centre takes it: small enough for a weak link, and drawn anew, so that nothing of the phone's own
// (where it was taken, by which device) goes along.
const LONGEST = 1600;
const QUALITY = 0.82;

/** @throws {Error} what was chosen is no picture */
export async function shrink(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((done, failed) => {
    canvas.toBlob(
      (made) => (made ? done(made) : failed(new Error("expected a picture of the browser"))),
      "image/jpeg",
      QUALITY,
    );
  });
}
