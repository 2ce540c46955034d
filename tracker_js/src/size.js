/**
 * @param {string} text
 * @returns {number} bytes as UTF-8
 */
export const bytesOf = (text) => new Blob([text]).size;
