// Runs the WBXML codec of EAS-4-TbSync (argument: its wbxmltools.js) outside Thunderbird. Standard input is JSON,
// {"frames": [HEX...]}; the answer is {"documents": [XML...], "frame": HEX}, where frame is a Ping that the codec wrote.
"use strict";
const fs = require("fs");
const vm = require("vm");

const quiet = { dump() {}, eventlog: { add() {} } };
const sandbox = vm.createContext({ ChromeUtils: { import: () => ({ TbSync: quiet }) } });
vm.runInContext(fs.readFileSync(process.argv[2], "utf8"), sandbox, { timeout: 10000 });
const codec = sandbox.wbxmltools;

const input = JSON.parse(fs.readFileSync(0, "utf8"));
const documents = input.frames.map((hex) => codec.convert2xml(Buffer.from(hex, "hex").toString("latin1")));

const ping = codec.createWBXML();
ping.switchpage("Ping");
ping.otag("Ping");
ping.atag("HeartbeatInterval", "300");
ping.otag("Folders");
ping.otag("Folder");
ping.atag("Id", "5");
ping.atag("Class", "Email");
ping.ctag();
ping.ctag();
ping.ctag();
process.stdout.write(JSON.stringify({ documents, frame: Buffer.from(ping.getBytes(), "latin1").toString("hex") }));
