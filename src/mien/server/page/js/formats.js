/** The files that records come as, and what they are called; src/mien/server/exports.py writes them. */
export const FORMATS = { csv: "CSV", jsonl: "JSON Lines", parquet: "Parquet", xlsx: "Excel" };
