/** Does the work, and then the end of it whatever became of it. What failed first is what is told. */
export async function runThenEnd(work: () => Promise<void>, end: () => Promise<void>): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  await work().catch((error: unknown) => {
    failure = { error };
  });
  await end().catch((error: unknown) => {
    failure ??= { error };
  });
  if (failure !== undefined) throw failure.error;
}
