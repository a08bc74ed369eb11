// One file for the browser: our modules, esptool-js and what that needs, with the licences of what is inside at its head.
// `node build.mjs OUT MARK`: MARK is written on the first line, so that who asks for a build knows whether it is of today.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const CHIPS = ["esp32", "esp32s2", "esp32s3", "esp32c3", "esp32c6"];
const INSIDE = { "esptool-js": "LICENSE", pako: "LICENSE", "atob-lite": "LICENSE.md" };

/** The flasher stubs of chips that no recipe is wired to are left out: a third of the bytes. */
const fewerStubs = {
  name: "fewer-stubs",
  setup(on) {
    on.onLoad({ filter: /stub_flasher[\\/][^\\/]+\.json$/ }, (file) => {
      const chip = file.path.match(/([^\\/]+)\.json$/)[1];
      return { contents: CHIPS.includes(chip) ? readFileSync(file.path, "utf8") : "{}", loader: "json" };
    });
  },
};

/** @param {string} name of a package that is inside */
function licence(name) {
  const folder = join(HERE, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const text = readFileSync(join(folder, INSIDE[name]), "utf8").trim().replaceAll("*/", "* /");
  return `${name} ${version} (${license})\n\n${text}`;
}

const [out = join(HERE, "../static/atelier/atelier.js"), mark = "by hand"] = process.argv.slice(2);
const others = Object.keys(INSIDE).map(licence).join("\n\n----\n\n");
await build({
  entryPoints: [join(HERE, "src/main.js")],
  outfile: out,
  bundle: true,
  format: "iife",
  target: "chrome105",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  loader: { ".css": "text" },
  plugins: [fewerStubs],
  banner: { js: `/* girouette atelier ${mark}\nEUPL-1.2; inside are, unchanged but for what is left out:\n\n${others}\n*/` },
});
