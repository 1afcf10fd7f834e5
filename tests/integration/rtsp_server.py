"""A real RTSP server (GStreamer's) that serves an H.264 file in real time. Run by the system's Python.

python3 rtsp_server.py PORT FILE      prints "ready" once it listens on 127.0.0.1:PORT, path /road
python3 rtsp_server.py --check        exit code 0 where everything it needs is installed
"""

import sys


def main() -> int:
    try:
        import gi  # type: ignore[import-not-found]  # the system's Python has it

        gi.require_version("Gst", "1.0")
        gi.require_version("GstRtspServer", "1.0")
        from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found]
    except (ImportError, ValueError) as e:
        print(e, file=sys.stderr)
        return 1
    Gst.init(None)
    missing = [n for n in ("qtdemux", "rtph264pay", "rtpbin") if Gst.ElementFactory.find(n) is None]
    if missing:
        print(f"GStreamer lacks {missing}", file=sys.stderr)
        return 1
    if sys.argv[1] == "--check":
        return 0
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[1])
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( filesrc location={sys.argv[2]} ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
    )
    server.get_mount_points().add_factory("/road", factory)
    if server.attach(None) == 0:
        print(f"port {sys.argv[1]} is taken", file=sys.stderr)
        return 1
    print("ready", flush=True)
    GLib.MainLoop().run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
