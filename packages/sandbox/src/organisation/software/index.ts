import type { Product } from "./product.js";
import { unixProducts } from "./unix.js";
import { windowsProducts } from "./windows.js";

/** All software of the organisation. */
export const products: readonly Product[] = [...windowsProducts, ...unixProducts];

/** Words that made-up library names are put together from. */
export const componentWords =
  "core base ui net http sync cache index store audio video render font text table chart print export import mail crypt auth cert token proxy trace stats update setup shell task policy config theme locale media graph parse query model view link pipe codec image input frame event timer queue share log crash bridge host agent client".split(
    " ",
  );
