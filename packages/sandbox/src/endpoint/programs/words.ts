/** The arguments in a Windows command line, by the rules of Microsoft's C library. */
export function windowsArguments(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at] ?? "";
    if (letter === "\\") {
      let count = 1;
      while (line[at + count] === "\\") count++;
      const quote = line[at + count] === '"';
      word = (word ?? "") + "\\".repeat(quote ? count >> 1 : count);
      at += count - 1;
      if (quote && count % 2 === 1) {
        word += '"';
        at++;
      }
    } else if (letter === '"') {
      word ??= "";
      if (quoted && line[at + 1] === '"') {
        word += '"';
        at++;
      } else quoted = !quoted;
    } else if (!quoted && (letter === " " || letter === "\t")) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (word !== undefined) words.push(word);
  return words;
}
