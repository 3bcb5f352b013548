"""A headless Chromium for tests, driven through its DevTools protocol with nothing but a web socket."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--no-first-run", "--disable-sync", "--disable-component-update",
    "--remote-debugging-port=0", "--hide-scrollbars", "--disable-dev-shm-usage",
)  # fmt: skip
PATIENCE_S = 60.0


class Browser:
    """One browser with one page; what the page asks of the network and says on the console is kept.

    `scale` is how many pixels of the screen are one of the page: with fewer, all stands where it stands, and what draws
    in place of a graphics card has less to do.
    """

    def __init__(self, profile: Path, *, scale: float = 1.0) -> None:
        from websockets.sync.client import connect

        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.shown: Path | None = None
        self._is_dark = False
        self._due: Callable[[], None] | None = None
        self._scale = scale
        self._numbers = itertools.count(1)
        # Its own home: a user's settings and Debian's wrapper then have no say.
        home = {**os.environ, "HOME": str(profile)}
        self._process = subprocess.Popen(
            [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            env=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = self._port(profile / "DevToolsActivePort")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                page = next(entry for entry in json.load(answer) if entry["type"] == "page")
            self._socket = connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def _port(self, file: Path) -> str:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if file.exists() and (lines := file.read_text().split()):
                return lines[0]
            if self._process.poll() is not None:
                raise RuntimeError("chromium ended before it was ready")
            time.sleep(0.05)
        raise TimeoutError("chromium did not open its port")

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """Ask the browser and wait for the answer."""
        if self._due is not None:
            due, self._due = self._due, None
            due()
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": values}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        about = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(about["request"]["url"][:200])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(about["exceptionDetails"])[:600])
            case "Runtime.consoleAPICalled" if about["type"] in ("error", "warning", "assert"):
                self.complaints.append(json.dumps(about["args"])[:600])
            case "Log.entryAdded" if about["entry"]["level"] in ("error", "warning"):
                self.complaints.append(about["entry"]["text"][:600])

    def open(self, path: Path, *, width: int = 1280, height: int = 900, dark: bool = False, fragment: str = "") -> None:
        """Open a file and wait until it is loaded."""
        self.lay_out(width=width, height=height, dark=dark)
        self.shown = path
        self.call("Page.navigate", url="about:blank")
        self.until("document.URL === 'about:blank'")
        self.requests.clear()
        self.complaints.clear()
        self.call("Page.navigate", url=path.resolve().as_uri() + fragment)
        self.until("document.URL !== 'about:blank' && document.readyState === 'complete'")

    def lay_out(self, *, width: int, height: int, dark: bool) -> None:
        """Give the window a size and its light; what is open in it stays open."""
        self._due = None
        size = {"width": width, "height": height, "deviceScaleFactor": self._scale}
        self.call("Emulation.setDeviceMetricsOverride", **size, mobile=width < 600)
        self._is_dark = dark
        self._light("", dark=dark)

    def _light(self, media: str, *, dark: bool) -> None:
        told = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in told.items()]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    @contextmanager
    def paper(self, *, dark: bool = False) -> Iterator[None]:
        """Lay the page out as on paper, for a while."""
        self._light("print", dark=dark)
        try:
            yield
        finally:
            self._light("", dark=self._is_dark)

    def before_use(self, due: Callable[[], None]) -> None:
        """Have something done before the page is asked anything; not where a file is opened at once."""
        self._due = due

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page; a promise is waited for."""
        told = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise RuntimeError(json.dumps(told["exceptionDetails"])[:1000])
        return told["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE_S
        while not self.run(condition):
            if time.monotonic() > end:
                raise TimeoutError(f"never true: {condition}")
            time.sleep(0.03)

    def key(self, key: str, *, text: str = "", code: int = 0, shift: bool = False) -> None:
        """Press and release a key."""
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 * shift}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def click(self, x: float, y: float) -> None:
        """Click on a place of the window."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, file: Path, *, whole: bool = False) -> None:
        """Save a screenshot."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        """End the browser."""
        self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
