/** Version of the firmware, as birth, health and shadow report it; equals that of package.json. */
export const firmwareVersion = "0.1.0";
