// Long runs of base64 (certificates, documents in documents) are most of what enrollment replies consist of, and saxes reads one
// character at a time: it is given a short word in the place of each run, and the runs are put back into what it reports.

/** From so many characters on a run is worth it. */
const least = 128;
/** A run fills its place: between the end of a tag or a quote, and the next. White space in it is left to saxes. */
const runs = new RegExp(`(?<=[>"'])[A-Za-z0-9+/=]{${least},}(?=[<"'])`, 'g');
/** Words that a document may have in itself already, before reading it so is given up. */
const mostTaken = 100;

/** A document without its runs. */
export interface Shortened {
  readonly text: string;
  /** The runs in the place of their words again, in a text or a value that was reported. */
  whole(reported: string): string;
}

/** Undefined where there is nothing to shorten. */
export function withoutLongRuns(text: string): Shortened | undefined {
  if (text.length < least) return undefined;
  const word = freeWord(text);
  if (word === undefined) return undefined;
  const kept: string[] = [];
  const shortened = text.replace(runs, (run) => `${word}${kept.push(run) - 1}.`);
  if (kept.length === 0) return undefined;
  const words = new RegExp(`${word}(\\d+)\\.`, 'g');
  return {
    text: shortened,
    whole: (reported) =>
      reported.includes(word) ? reported.replace(words, (_, index: string) => kept[Number(index)] ?? '') : reported,
  };
}

/** A word that stands nowhere in the text. */
function freeWord(text: string): string | undefined {
  for (let number = 0; number < mostTaken; number++) {
    const word = `run${number}at`;
    if (!text.includes(word)) return word;
  }
  return undefined;
}
