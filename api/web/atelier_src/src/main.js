import { ESPLoader, Transport } from "esptool-js";
console.log(ESPLoader, Transport);
