"""The page of sessions in a browser that really decodes and plays, by the clock on the wall."""

import base64
import io
import json
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import soundfile

from drumcorpus.stages.listening.cut import cut_recording
from drumcorpus.stages.listening.page import render_sessions
from drumcorpus.stages.listening.settings import ListeningSettings

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(BROWSERS)} is there")
RATE_HZ, SECONDS = 22_050, 2.0
PATIENCE_S = 60
HEARD = r"""
<script>
const told = { errors: [], buffers: [] };
const wrong = (e) => told.errors.push(String(e.message || e.reason));
for (const what of ["error", "unhandledrejection"]) addEventListener(what, wrong, true);
const decode = AudioContext.prototype.decodeAudioData;
AudioContext.prototype.decodeAudioData = async function (bytes) {
  const buffer = await decode.call(this, bytes), samples = buffer.getChannelData(0);
  const sum = samples.reduce((total, sample) => total + sample * sample, 0);
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  told.buffers.push({
    seconds: buffer.duration, channels: buffer.numberOfChannels,
    rms: Math.sqrt(sum / samples.length), peak,
  });
  return buffer;
};
addEventListener("load", async () => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const section = document.querySelector(".session");
  const at = () => (parseFloat(section.querySelector(".cursor").style.left) || 0) / 100;
  const tell = () => fetch("/told", { method: "POST", body: JSON.stringify(told) });
  setTimeout(tell, 30000);  // also where something never comes
  section.querySelector(".play").click();
  while (section.dataset.state !== "playing" &&
    !section.querySelector(".at").textContent.startsWith("This")) await wait(20);
  told.cursor = [];
  while (section.dataset.state === "playing") { told.cursor.push(at()); await wait(50); }
  told.text = section.querySelector(".at").textContent;
  told.end = at();
  tell();
});
</script>
"""


def answers(page):
    """What a page tells, an event once it has, and the handler of a server that has the page."""
    told, has_come = {}, threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = page.encode() if self.path == "/" else b""
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            told.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            has_come.set()

        def log_message(self, *_):
            """Nothing is said."""

    return told, has_come, Handler


def heard(page, folder):
    """What a page tells that a browser has opened and played to its end."""
    told, has_come, handler = answers(page.replace("<head>", "<head>" + HEARD))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        command = [
            *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--autoplay-policy=no-user-gesture-required", "--disable-background-networking"),
            *(f"--user-data-dir={folder / 'profile'}", "--remote-debugging-port=0"),
            f"http://127.0.0.1:{server.server_port}/",
        ]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as browser:
            try:
                assert has_come.wait(PATIENCE_S), "the page told nothing"
            finally:
                browser.terminate()
                server.shutdown()
    return told


def strokes(path, start, stop):
    """Three strokes of a low tone, as an excerpt reader gives them."""
    samples = np.zeros(round((stop - start) * RATE_HZ), np.float32)
    places = np.arange(4_000)
    stroke = 0.5 * np.sin(2 * np.pi * 300 / RATE_HZ * places) * np.exp(-places / 900)
    for onset in (0.25, 1.0, 1.5):
        first = round(onset * RATE_HZ)
        samples[first : first + len(stroke)] += stroke.astype(np.float32)
    return samples


def page_of(recording):
    session = {
        **{"session_id": "one", "anchor": "s-1", "split": "train", "kit_id": None, "style": None},
        **{"drummer_id": None, "tempo_bpm": None, "meter": None, "is_synthetic": False},
        "reasons": [{"kind": "sample", "of": "a", "says": "train"}],
        **{"license": "CC-BY-4.0", "redistributable": True, "start": 10.0, "seconds": SECONDS},
        **{"duration": 60.0, "problem": None, "n_strokes": 1},
        "recordings": [{"recording": "drums", "path": "a.wav"} | recording],
        "lanes": [
            {
                "label": "kick",
                "hits": [{"time": 0.25, "velocity": 0.5, "cymbal": None, "in_doubt": False}],
            }
        ],
    }
    card = {"title": "A set", "license": "CC-BY-4.0", "redistributable": True}
    settings = ListeningSettings(12, 1, SECONDS, RATE_HZ, 12.0)
    return render_sessions("a", card, [session], [], settings)


def test_the_sound_of_the_page_is_decoded_and_played_to_its_end(tmp_path):
    recording = cut_recording(strokes, "a.wav", 10.0, SECONDS, RATE_HZ)
    samples, _ = soundfile.read(io.BytesIO(base64.b64decode(recording["sound"])))
    told = heard(page_of(recording), tmp_path)
    assert told["errors"] == []
    [buffer] = told["buffers"]
    assert buffer["channels"] == 1
    assert buffer["seconds"] == pytest.approx(SECONDS, abs=0.01)
    assert buffer["rms"] == pytest.approx(np.sqrt(np.mean(samples**2)), rel=0.05)
    assert buffer["peak"] == pytest.approx(np.abs(samples).max(), rel=0.05)
    cursor = told["cursor"]
    assert cursor == sorted(cursor)
    assert cursor[-1] > 0.3
    assert (told["end"], told["text"]) == (0, "0:10.0")  # at its end it is at its beginning again


def test_sound_that_cannot_be_decoded_is_said_and_stops_nothing(tmp_path):
    recording = cut_recording(strokes, "a.wav", 10.0, SECONDS, RATE_HZ)
    recording["sound"] = base64.b64encode(b"fLaC" + bytes(400)).decode()
    told = heard(page_of(recording), tmp_path)
    assert (told["errors"], told["buffers"]) == ([], [])
    assert (told["cursor"], told["text"]) == ([], "This browser cannot play FLAC")
