/** Work that goes on without anybody waiting for what comes of it: only its end is of interest. */
export class BackgroundWork {
  readonly #underWay = new Set<Promise<unknown>>();

  add(work: Promise<unknown>): void {
    const done: Promise<unknown> = work.catch(() => {}).finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  /** Resolves when all that is under way now has ended; what is added meanwhile is not waited for. */
  async present(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** Resolves when nothing is under way any more: what ends may leave other work behind. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await this.present();
  }
}
