// How much memory PostgreSQL is told to use when nobody said anything else.

const mebibyte = 1024 * 1024;
const sharedBuffersMin = 16;
const sharedBuffersMax = 8 * 1024;

/**
 * A quarter of the machine's memory for PostgreSQL's own cache, between 16 MB and 8 GB; the rest is what the
 * system can be expected to cache. `memoryBytes` is the machine's or the container's memory, in bytes.
 */
export function memoryDefaults(memoryBytes: number): Readonly<Record<string, string>> {
  const memory = Math.max(0, Math.floor(memoryBytes / mebibyte));
  // Rounded down to whole eighths of a gigabyte where it is large: a container whose memory is counted a
  // little differently after a restart must not ask for a restart of PostgreSQL.
  const quarter = Math.floor(memory / 4);
  const rounded = quarter >= 1024 ? quarter - (quarter % 128) : quarter;
  const sharedBuffers = Math.min(sharedBuffersMax, Math.max(sharedBuffersMin, rounded));
  const cache = Math.max(sharedBuffersMin, memory - sharedBuffers);
  return {
    shared_buffers: `${sharedBuffers}MB`,
    effective_cache_size: `${cache - (cache >= 1024 ? cache % 128 : 0)}MB`,
  };
}
