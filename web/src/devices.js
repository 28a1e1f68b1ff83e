/** @import { Setup } from "./engine.js" */
/** @import { RemoteEngine } from "./remote.js" */
import { MienError } from "./errors.js";
import { openRemote, startWebGpuWorker, startWorker } from "./remote.js";

/**
 * Where the networks run.
 *
 * @typedef {"wasm"|"webgpu"} Device
 * @typedef {{engine: RemoteEngine, device: Device, notes: string[]}} Opened `notes` say why not WebGPU.
 */

/**
 * Opens the engine in the package's worker: on the CPU, by WebGPU, or by whichever of the two is faster here.
 * Without WebGPU, or where it fails, the CPU is used.
 *
 * @param {"wasm"|"webgpu"|"auto"} device
 * @param {Setup} setup of the CPU.
 * @param {Setup["files"]["runtime"]} runtime of WebGPU.
 * @returns {Promise<Opened>}
 */
export async function openOnDevice(device, setup, runtime) {
  /** @param {string[]} notes @returns {Promise<Opened>} */
  const openCpu = async (...notes) => ({ engine: await openRemote(setup, startWorker()), device: "wasm", notes });
  if (device === "wasm") return openCpu();
  const absent = await findObstacle();
  if (absent) return openCpu(`${absent}; the CPU is used.`);
  let gpu;
  try {
    const files = { ...setup.files, runtime };
    gpu = await openRemote({ ...setup, device: "webgpu", files }, startWebGpuWorker());
  } catch (error) {
    if (!(error instanceof MienError)) throw error;
    return openCpu(`WebGPU failed (${error.message}); the CPU is used.`);
  }
  if (device === "webgpu") return { engine: gpu, device, notes: [] };
  return chooseFaster(await openCpu(), { engine: gpu, device: "webgpu", notes: [] });
}

/** Why there is no WebGPU; empty where there is one. */
async function findObstacle() {
  const adapter = await /** @type {any} */ (navigator).gpu?.requestAdapter().catch(() => null);
  if (!adapter) return "This browser has no WebGPU";
  return adapter.info?.isFallbackAdapter || adapter.isFallbackAdapter ? "WebGPU has no graphics card here" : "";
}

/** @param {Opened} cpu @param {Opened} gpu */
async function chooseFaster(cpu, gpu) {
  const cpuTime = await cpu.engine.measure(), gpuTime = await gpu.engine.measure();
  const [kept, other] = gpuTime < cpuTime ? [gpu, cpu] : [cpu, gpu];
  await other.engine.close();
  const times = `${gpuTime.toFixed(1)} ms by WebGPU, ${cpuTime.toFixed(1)} ms on the CPU`;
  return { ...kept, notes: [`A frame takes ${times}.`] };
}
