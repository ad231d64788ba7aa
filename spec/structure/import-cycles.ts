import { importsOf, resolveImport } from './imports.js';
import type { Finding, Module } from './source.js';

/** Cycles among modules, imports of types counted too: a finding for each import that closes one. */
export function checkImportCycles(modules: readonly Module[]): Finding[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const findings: Finding[] = [];
  const done = new Set<string>();
  const trail: string[] = [];

  const visit = (module: Module) => {
    trail.push(module.path);
    for (const { specifier, line } of importsOf(module)) {
      const target = resolveImport(module.path, specifier);
      const next = target === undefined ? undefined : byPath.get(target);
      if (next === undefined || done.has(next.path)) continue;
      const since = trail.indexOf(next.path);
      if (since === -1) visit(next);
      else findings.push(closes(module.path, line, [...trail.slice(since), next.path]));
    }
    trail.pop();
    done.add(module.path);
  };

  for (const module of modules) if (!done.has(module.path)) visit(module);
  return findings;
}

function closes(path: string, line: number, cycle: readonly string[]): Finding {
  return { path, line, rule: 'import-cycle', message: cycle.join(' -> ') };
}
