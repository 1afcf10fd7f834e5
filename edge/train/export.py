"""What was trained as the file that is shipped: averaged weights, calibrated, with its provenance inside."""

from __future__ import annotations

from pathlib import Path

import click

from edge.camera.images import PhotoError
from edge.models.error import ModelError
from edge.scene.glyph import drawn
from edge.train.crops import Source
from edge.train.glyphs import FolderGlyphs
from edge.whole import write_whole


def export_training(
    ctx: click.Context,
    folder: Path,
    to: Path,
    *,
    int8: bool,
    temperature: float,
    glyphs: Path | None,
    share: float,
) -> None:
    """`bukong models export FOLDER TO`."""
    # Imported here: torch takes seconds to load and is installed in few places.
    try:
        from edge.train.detector import DetectorRun
        from edge.train.quantise import quantised
        from edge.train.run import Run
    except ModuleNotFoundError as error:
        click.echo(f"bukong models export: pip install 'bukong[train]' ({error})", err=True)
        ctx.exit(3)
    try:
        if DetectorRun.lies_in(folder):
            if int8 or temperature != 1:
                raise click.UsageError(f"--int8 and --temperature are a reader's; {folder} holds a detector")
            found = DetectorRun(folder)
            step = found.trainer.step
            content = found.exported(
                share=share,
                step=str(step),
                scenes=str(step * found.settings.batch),
                seed=str(found.settings.seed),
                share_of_what_was_learnt=str(share),
            )
        else:
            run = Run(folder)
            step = run.trainer.step
            content = run.exported(
                temperature=temperature,
                share=share,
                step=str(step),
                plates=str(step * run.settings.batch),
                seed=str(run.settings.seed),
                share_of_what_was_learnt=str(share),
            )
            if int8:
                # Other crops than it was trained on.
                source = Source(seed=run.settings.seed + 1, glyphs=FolderGlyphs(glyphs) if glyphs else drawn)
                content = quantised(content, source, input_name=run.graph.input)
    except (ModelError, PhotoError) as error:
        click.echo(f"bukong models export: {error}", err=True)
        ctx.exit(3)
    except OSError as error:
        told = f"{error.filename}: {error.strerror}" if error.filename else error
        click.echo(f"bukong models export: {told}", err=True)
        ctx.exit(3)
    try:
        write_whole(to, content)
    except OSError as error:
        click.echo(f"bukong models export: can't write {to}: {error.strerror or error}", err=True)
        ctx.exit(3)
    click.echo(f"{to}: {len(content):,} bytes, step {step}", err=True)
