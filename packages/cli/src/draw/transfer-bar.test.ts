import { expect, test } from "vitest";
import { transferLine } from "./transfer-bar.js";

const transfer = { transferred: 12_900_000, total: 28_300_000, rate: 3_400_000 };

test("a transfer is one line, whatever the window: what is known goes before the bar", () => {
  expect(transferLine("get C:\\x.bin", transfer, 110)).toBe(
    "get C:\\x.bin                   [#########-----------]  45%  12.3 MiB of 27.0 MiB  3.2 MiB/s  0:05 left",
  );
  expect(transferLine("get C:\\x.bin", transfer, 60)).toMatch(/^get C:\\x\.… \[#####-----\] {2}45% {2}12\.3 MiB of 27/);
  expect(transferLine("get C:\\x.bin", transfer, 39)).toMatch(/^get C:\\x\.… {2}45% {2}12\.3 MiB of 27/);
  for (const width of [1, 10, 24, 39, 60, 80]) {
    for (const total of [transfer.total, undefined]) {
      expect(transferLine("get x", { ...transfer, total }, width).length).toBeLessThanOrEqual(width);
    }
  }
});
