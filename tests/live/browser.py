# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chromium without a window, driven over a pipe: no port is opened and no library is needed."""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

import support

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 60
# It is to look at files, and at nothing else: no address resolves, and what it would like to ask of
# its maker is switched off.
OPTIONS = ("--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars",
           "--no-first-run", "--disable-breakpad", "--disable-background-networking", "--disable-component-update",
           "--disable-sync", "--disable-extensions", "--disable-default-apps", "--mute-audio",
           "--disable-dev-shm-usage", "--password-store=basic",
           "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9")


def find():
    return next((path for path in map(shutil.which, NAMES) if path is not None), None)


class Browser:
    """One page of one browser. To be closed."""

    def __init__(self, program):
        self.home = tempfile.mkdtemp(prefix="denybox-browser-")
        to, self._out = os.pipe()
        self._in, answer = os.pipe()
        # Its own sandbox wants more of the host than a test may ask for; it looks at our files alone.
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f'exec "$@" 3<&{to} 4>&{answer}', "sh", program, "--no-sandbox",
             f"--user-data-dir={self.home}", *OPTIONS, "about:blank"], pass_fds=(to, answer),
            env={"HOME": self.home, "PATH": os.environ["PATH"], "TMPDIR": self.home},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        os.close(to)
        os.close(answer)
        self.events, self._buffer, self._next, self._session = [], b"", 0, None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(domain + ".enable")

    def close(self):
        self.call("Browser.close")
        os.close(self._out)
        os.close(self._in)
        self.process.wait(SECONDS)
        # What it has started becomes ours, and ends by itself or not.
        for pid in support.children():
            os.kill(pid, signal.SIGKILL)
        support.require_nothing_left()
        shutil.rmtree(self.home, ignore_errors=True)

    def _message(self, end):
        while b"\0" not in self._buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._in], [], [], left)[0]:
                raise AssertionError("the browser does not answer")
            data = os.read(self._in, 1 << 16)
            if not data:
                raise AssertionError("the browser has ended")
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method, **params):
        self._next += 1
        message = {"id": self._next, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + SECONDS
        while True:
            answer = self._message(end)
            if answer.get("id") == self._next:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def load(self, path):
        """Opens a file, and waits until everything that it asks for is there or refused."""
        self.events = []
        self.call("Page.navigate", url="file://" + path)
        end = time.monotonic() + SECONDS
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._message(end))

    def of(self, method):
        return [event["params"] for event in self.events if event.get("method") == method]

    def value(self, expression):
        """Of an expression of JavaScript, which the page itself may not run."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"])
        return result["result"].get("value")

    def look(self, width, scheme="light", media="screen"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                  mobile=False)
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path, top=0, height=None):
        """A PNG of the page, or of a part of it."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": top, "width": size["width"], "height": height or size["height"] - top,
                "scale": 1}
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
