// A navigator.serial whose ports are those of tests/journeys/usb.py: what the page runs is the shipped code, what answers are virtual boards.
// Where the browser has none, the page has none either. It keeps to the specification where the page could tell: permission, activation, streams, signals, and what is thrown.
(() => {
  const socket = new WebSocket("ws://usb.test/");
  socket.binaryType = "arraybuffer";
  const linked = new Promise((resolve) => (socket.onopen = resolve));
  const asked = new Map();
  const ports = new Map();
  let last = 0;

  const call = async (what, more = {}) => {
    await linked;
    const n = ++last;
    socket.send(JSON.stringify({ n, what, ...more }));
    return new Promise((resolve, reject) => asked.set(n, { resolve, reject }));
  };
  const refuse = (name, message) => new DOMException(message, name);

  class Port extends EventTarget {
    constructor({ id, vid, pid }) {
      super();
      Object.assign(this, { id, vid, pid, connected: true, readable: null, writable: null, inside: null, mark: 0 });
    }
    getInfo() {
      return { usbVendorId: this.vid, usbProductId: this.pid };
    }
    async open({ baudRate }) {
      if (!(baudRate > 0)) throw new TypeError("baudRate must be given");
      if (this.readable) throw refuse("InvalidStateError", "The port is already open.");
      if (!(await call("open", { id: this.id, baud: baudRate }))) throw refuse("NetworkError", "Failed to open serial port.");
      this.readable = new ReadableStream({ start: (inside) => void (this.inside = inside), cancel: () => this.fresh() });
      this.writable = new WritableStream({
        write: (bytes) => {
          if (!this.connected) throw refuse("NetworkError", "The device has been lost.");
          const view = new Uint8Array(bytes);
          const framed = new Uint8Array(view.length + 1);
          framed[0] = this.id;
          framed.set(view, 1);
          socket.send(framed);
        },
      });
    }
    fresh() {
      // After cancel() a port has a new readable, as a browser's has.
      const mark = ++this.mark;
      queueMicrotask(() => {
        if (this.writable && this.connected && mark === this.mark) {
          this.readable = new ReadableStream({ start: (inside) => void (this.inside = inside), cancel: () => this.fresh() });
        }
      });
    }
    async close() {
      if (!this.writable) throw refuse("InvalidStateError", "The port is already closed.");
      if (this.readable?.locked || this.writable.locked) throw new TypeError("Cannot close a locked stream.");
      this.mark++;
      this.readable = this.writable = this.inside = null;
      if (this.connected) await call("close", { id: this.id });
    }
    async setSignals({ dataTerminalReady, requestToSend }) {
      if (!this.writable) throw refuse("InvalidStateError", "The port is closed.");
      if (!this.connected) throw refuse("NetworkError", "Failed to set control signals.");
      await call("signals", { id: this.id, dtr: dataTerminalReady ?? null, rts: requestToSend ?? null });
    }
    lost() {
      this.connected = false;
      const inside = this.inside;
      this.inside = null;
      if (this.readable) inside?.error(refuse("NetworkError", "The device has been lost."));
      this.readable = null;
      this.dispatchEvent(new Event("disconnect", { bubbles: true }));
      serial.dispatchEvent(Object.assign(new Event("disconnect"), { port: this }));
    }
    heard(bytes) {
      this.inside?.enqueue(bytes);
    }
  }

  const known = (told) => ports.get(told.id) ?? ports.set(told.id, new Port(told)).get(told.id);
  const serial = new EventTarget();
  serial.getPorts = async () => (await call("ports")).map(known);
  serial.requestPort = async ({ filters = [] } = {}) => {
    if (!navigator.userActivation.isActive) throw refuse("SecurityError", "Must be handling a user gesture to show a permission request.");
    if (globalThis.closedByPolicy) throw refuse("NotFoundError", "No port selected by the user."); // no window, and at once
    const chosen = await call("request", { vendors: filters.map((one) => one.usbVendorId) });
    if (!chosen) throw refuse("NotFoundError", "No port selected by the user.");
    return known(chosen);
  };

  socket.onmessage = ({ data }) => {
    if (typeof data !== "string") {
      const bytes = new Uint8Array(data);
      ports.get(bytes[0])?.heard(bytes.slice(1));
      return;
    }
    const told = JSON.parse(data);
    if (told.event === "connect") serial.dispatchEvent(Object.assign(new Event("connect"), { port: known(told) }));
    else if (told.event === "disconnect") ports.get(told.id)?.lost();
    else {
      asked.get(told.n).resolve(told.answer);
      asked.delete(told.n);
    }
  };
  if ("serial" in navigator) Object.defineProperty(navigator, "serial", { value: serial, configurable: true });
})();
