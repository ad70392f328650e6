/** The digits followed by their check digit (ISO/IEC 7812-1 annex B). */
export function luhn(payload: string): string {
  let sum = 0;
  for (let index = 0; index < payload.length; index++) {
    const digit = Number(payload[payload.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return payload + ((10 - (sum % 10)) % 10);
}
