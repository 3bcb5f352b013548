// Reads a PMTiles file with the makers' own reader and a vector tile decoder, for a test: what is in it, zoom by zoom.
import { VectorTile } from "@mapbox/vector-tile";
import Protobuf from "pbf";
import { open } from "node:fs/promises";
import { PMTiles } from "pmtiles";

const file = await open(process.argv[2]);
const source = {
  getKey: () => process.argv[2],
  async getBytes(offset, length) {
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    return { data: buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + length) };
  },
};
const archive = new PMTiles(source);
const header = await archive.getHeader();
const column = (lon, zoom) => Math.floor(((lon + 180) / 360) * 2 ** zoom);
const row = (lat, zoom) => Math.floor(((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * 2 ** zoom);

const zooms = {};
for (let zoom = header.minZoom; zoom <= header.maxZoom; zoom += 1) {
  const found = new Map();
  const layers = new Set();
  for (let x = column(header.minLon, zoom); x <= column(header.maxLon, zoom); x += 1) {
    for (let y = row(header.maxLat, zoom); y <= row(header.minLat, zoom); y += 1) {
      const answer = await archive.getZxy(zoom, x, y);
      if (!answer) continue;
      for (const [name, layer] of Object.entries(new VectorTile(new Protobuf(new Uint8Array(answer.data))).layers)) {
        layers.add(name);
        for (let n = 0; n < layer.length; n += 1) found.set(layer.feature(n).properties.site_id, layer.feature(n).properties.name ?? null);
      }
    }
  }
  zooms[zoom] = { layers: [...layers], sites: [...found.keys()].sort(), named: [...found.values()].filter((name) => name !== null).length };
}
const metadata = await archive.getMetadata();
await file.close();
console.log(JSON.stringify({ header, metadata, zooms }));
