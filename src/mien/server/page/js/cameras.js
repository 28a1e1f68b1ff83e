/** The connected cameras; they have no ids until the user has allowed one. */
export async function listCameras() {
  const devices = await navigator.mediaDevices?.enumerateDevices() ?? [];
  return devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
}
