// Plays the excerpts of the page: drums or mix, with clicks at the labels, and a cursor that moves.
// Without this script the browser's own player, the pictures and the labels are there.
(() => {
  const CLICK_S = 0.03, AHEAD_S = 0.05, LARGEST_ZOOM = 32;
  let context = null;
  let current = null; // the session that keys act on; it alone holds decoded sound

  const decode = (audio) => {
    const text = atob(audio.getAttribute("src").split(",")[1]);
    return context.decodeAudioData(Uint8Array.from(text, (c) => c.charCodeAt(0)).buffer);
  };

  class Session {
    constructor(section) {
      const one = (selector) => section.querySelector(selector);
      this.section = section;
      this.seconds = Number(section.dataset.seconds);
      this.audio = [...section.querySelectorAll("audio")];
      this.strokes = [...section.querySelectorAll(".lanes path")];
      this.at = 0;
      this.zoom = 1;
      this.shown = 0;
      this.playing = null;
      for (const name of ["player", "play", "at", "which", "clicks", "level", "view", "sheet", "cursor"])
        this[`${name}Part`] = one(`.${name}`);
      one(".plain").hidden = true;
      this.playerPart.hidden = false;
      this.cursorPart.hidden = false;
      this.playPart.addEventListener("click", () => this.toggle());
      this.whichPart?.addEventListener("click", () => this.showOther());
      this.clicksPart.addEventListener("change", () => this.setLevels());
      this.levelPart.addEventListener("input", () => this.setLevels());
      one(".out").addEventListener("click", () => this.setZoom(this.zoom / 2));
      one(".in").addEventListener("click", () => this.setZoom(this.zoom * 2));
      this.sheetPart.addEventListener("click", (event) => {
        const box = this.sheetPart.getBoundingClientRect();
        this.seek(((event.clientX - box.left) / box.width) * this.seconds);
      });
      section.addEventListener("focusin", () => { current ??= this; });
      section.addEventListener("pointerdown", () => this.take());
      this.draw();
    }

    take() {
      if (current === this) return;
      current?.stop();
      if (current) current.buffers = null;
      current = this;
    }

    async load() {
      context ??= new AudioContext();
      if (context.state === "suspended") context.resume();
      this.buffers ??= await Promise.all(this.audio.map(decode));
      this.clickBuffer ??= this.makeClicks();
    }

    // A short tone at every stroke, as loud as its velocity; every label has a pitch of its own.
    makeClicks() {
      const rate = context.sampleRate;
      const buffer = context.createBuffer(1, Math.max(1, Math.ceil(this.seconds * rate)), rate);
      const samples = buffer.getChannelData(0);
      const groups = [...this.section.querySelectorAll(".lanes g")];
      for (const stroke of this.strokes) {
        const pitch = 900 * 2 ** (groups.indexOf(stroke.parentNode) / 5);
        const loud = 0.25 + 0.75 * Number(stroke.dataset.v ?? 0.8);
        const first = Math.round(Number(stroke.dataset.t) * rate);
        const last = Math.min(first + CLICK_S * rate, samples.length);
        for (let n = first; n < last; n++) {
          const t = (n - first) / rate;
          samples[n] += loud * Math.cos(2 * Math.PI * pitch * t) * Math.exp(-t / 0.005);
        }
      }
      return buffer;
    }

    async play() {
      this.take();
      const asked = (this.asked = {});
      try {
        await this.load();
      } catch (error) {
        this.atPart.textContent = "This browser cannot play FLAC";
        return;
      }
      if (this.asked !== asked) return; // stopped meanwhile
      if (this.at >= this.seconds - 0.01) this.at = 0;
      const started = context.currentTime + AHEAD_S;
      const start = (buffer) => {
        const source = context.createBufferSource(), gain = context.createGain();
        source.buffer = buffer;
        source.connect(gain).connect(context.destination);
        source.start(started, this.at);
        return { source, gain: gain.gain };
      };
      this.playing = { from: this.at, started, parts: this.buffers.map(start) };
      this.playing.clicks = start(this.clickBuffer);
      this.setLevels();
      this.playPart.textContent = "Stop";
      this.section.dataset.state = "playing";
      this.move();
    }

    stop() {
      this.asked = null;
      if (!this.playing) return;
      this.at = this.position();
      for (const part of [...this.playing.parts, this.playing.clicks]) part.source.stop();
      this.playing = null;
      this.playPart.textContent = "Play";
      this.section.dataset.state = "stopped";
      this.draw();
    }

    toggle() {
      if (this.playing) this.stop();
      else this.play();
    }

    position() {
      if (!this.playing) return this.at;
      const played = context.currentTime - (context.outputLatency || 0) - this.playing.started;
      return Math.min(this.playing.from + Math.max(0, played), this.seconds);
    }

    seek(seconds) {
      const wasPlaying = this.playing !== null;
      this.take();
      this.stop();
      this.at = Math.min(Math.max(seconds, 0), this.seconds);
      this.draw();
      if (wasPlaying) this.play();
    }

    move() {
      if (!this.playing) return;
      this.draw();
      if (this.position() >= this.seconds) {
        this.stop();
        this.at = 0;
        this.draw();
      } else requestAnimationFrame(() => this.move());
    }

    draw() {
      const at = this.position(), share = this.seconds ? at / this.seconds : 0;
      this.cursorPart.style.left = `${100 * share}%`;
      const time = Number(this.section.dataset.start) + at;
      const minutes = Math.floor(time / 60), left = (time - 60 * minutes).toFixed(1);
      this.atPart.textContent = `${minutes}:${left.padStart(4, "0")}`;
      if (this.zoom > 1 && this.playing) {
        const x = share * this.sheetPart.clientWidth, width = this.viewPart.clientWidth;
        const from = this.viewPart.scrollLeft;
        if (x < from || x > from + 0.9 * width) this.viewPart.scrollLeft = x - 0.1 * width;
      }
    }

    setZoom(zoom) {
      this.zoom = Math.min(Math.max(zoom, 1), LARGEST_ZOOM);
      this.sheetPart.style.width = `${100 * this.zoom}%`;
      const x = (this.position() / this.seconds) * this.sheetPart.clientWidth;
      this.viewPart.scrollLeft = x - this.viewPart.clientWidth / 2;
    }

    showOther() {
      this.shown = (this.shown + 1) % this.audio.length;
      const name = this.audio[this.shown].dataset.name;
      this.whichPart.textContent = name;
      for (const part of this.section.querySelectorAll(".recording"))
        part.style.display = part.dataset.name === name ? "block" : "none";
      for (const part of this.section.querySelectorAll(".head span"))
        part.hidden = part.dataset.name !== name;
      this.setLevels();
    }

    setLevels() {
      if (!this.playing) return;
      this.playing.parts.forEach((part, n) => { part.gain.value = n === this.shown ? 1 : 0; });
      this.playing.clicks.gain.value = this.clicksPart.checked ? Number(this.levelPart.value) : 0;
    }
  }

  const sessions = [...document.querySelectorAll(".session")]
    .filter((section) => section.querySelector("audio") && section.querySelector(".cursor"))
    .map((section) => new Session(section));
  if (!sessions.length) return;
  document.querySelector(".keys").hidden = false;

  const inView = () => {
    const distance = ({ section }) => {
      const box = section.getBoundingClientRect();
      return Math.abs((box.top + box.bottom) / 2 - innerHeight / 2);
    };
    return sessions.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  };
  const isSeen = ({ section }) => {
    const box = section.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest?.("input, select, textarea, summary, audio")) return;
    if (event.key === " " && event.target.closest?.("button, a")) return;
    const session = current && (current.playing || isSeen(current)) ? current : inView();
    const step = event.shiftKey ? 0.1 : 1;
    const actions = {
      " ": () => session.toggle(),
      ArrowLeft: () => session.seek(session.position() - step),
      ArrowRight: () => session.seek(session.position() + step),
      "+": () => session.setZoom(session.zoom * 2),
      "=": () => session.setZoom(session.zoom * 2),
      "-": () => session.setZoom(session.zoom / 2),
      c: () => session.clicksPart.click(),
      m: () => session.whichPart?.click(),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    session.take();
    actions[event.key]();
  });
})();
