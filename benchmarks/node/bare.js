// The peer: Node's own http server and the pg driver, one bare INSERT and one SELECT for each request.
// No key, no validation, no hash, no rule, no ledger.
const http = require("node:http");
const { Pool } = require("pg");
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 16 });

http.createServer((request, response) => {
  const parts = [];
  request.on("data", part => parts.push(part));
  request.on("end", async () => {
    try {
      const unit = JSON.parse(Buffer.concat(parts));
      const made = await pool.query("INSERT INTO bare (external_id, title, attributes) VALUES ($1, $2, $3) RETURNING id",
        [unit.external_id, unit.title, unit.attributes]);
      const found = await pool.query("SELECT id, external_id, title, attributes FROM bare WHERE id = $1", [made.rows[0].id]);
      response.writeHead(201, { "content-type": "application/json" });
      response.end(JSON.stringify(found.rows[0]));
    } catch (error) {
      response.writeHead(500);
      response.end(String(error));
    }
  });
}).listen(Number(process.env.PORT), "127.0.0.1");
