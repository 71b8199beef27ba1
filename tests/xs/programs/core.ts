/** What the bundle of the chip has in it, short of the platform adapter: the firmware and one station. */
export { default as definition } from "../../../examples/station.ts";
export { boot, identify } from "../../../firmware/station/boot.ts";
