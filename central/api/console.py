"""The console's files: pages, scripts and styles that `make console` built from `central/console/web`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

#: Their names change with what is in them.
_HASHED = "assets/"
_FOREVER = "public, max-age=31536000, immutable"
_NOT_BUILT = """<!doctype html>
<html lang="zh-CN">
  <head><meta charset="utf-8"><title>布控 bukong</title></head>
  <body>
    <h1>布控值守台尚未构建</h1>
    <p>请在源码目录运行 <code>make console</code>，然后刷新本页。接口 <code>/api</code> 照常可用。</p>
    <h1 lang="en">The console has not been built</h1>
    <p lang="en">Run <code>make console</code> in the source tree, then reload this page.
    The API below <code>/api</code> works all the same.</p>
  </body>
</html>
"""


class _Built(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        # The page itself is asked for anew each time (304 where unchanged), so that an upgrade is seen at once.
        hashed = path.startswith(_HASHED) and response.status_code == 200
        response.headers["Cache-Control"] = _FOREVER if hashed else "no-cache"
        return response


def folder() -> Path:
    """Where the built console is, if it was built."""
    found = files("central") / "console" / "built"
    assert isinstance(found, Path)
    return found


def _not_built(_request: Request) -> HTMLResponse:
    return HTMLResponse(_NOT_BUILT, status_code=503)


def mount(app: FastAPI) -> None:
    """Serve the console at `/`."""
    if (folder() / "index.html").is_file():
        app.mount("/", _Built(directory=folder(), html=True), name="console")
    else:
        app.add_api_route("/", _not_built, include_in_schema=False)
