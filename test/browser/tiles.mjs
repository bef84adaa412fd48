import { once } from 'node:events';
import { createServer } from 'node:http';
import { crc32, deflateSync } from 'node:zlib';

const SIZE = 256;

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'ascii'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** A square with a border, in a colour that depends on its place (PNG, third edition, truecolour of 8 bits). */
function tile(column, row) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(SIZE, 0);
  head.writeUInt32BE(SIZE, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const lines = Buffer.alloc(SIZE * (1 + 3 * SIZE));
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const edge = x === 0 || y === 0;
      lines.set(
        edge ? [120, 120, 120] : [205 + (column % 2) * 30, 225, 205 + (row % 2) * 30],
        y * (1 + 3 * SIZE) + 1 + 3 * x,
      );
    }
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A server of map tiles on this machine, which remembers what it was asked for. */
export async function startTiles() {
  const asked = [];
  const server = createServer((request, response) => {
    const found = /^\/(\d+)\/(\d+)\/(\d+)\.png$/.exec(request.url);
    asked.push({ path: request.url, referrer: request.headers.referer, cookie: request.headers.cookie });
    if (!found) {
      response.writeHead(404).end();
      return;
    }
    const body = tile(Number(found[2]), Number(found[3]));
    response.writeHead(200, { 'Content-Type': 'image/png', 'Cache-Control': 'no-store' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    url: `${origin}/{z}/{x}/{y}.png`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
