// Checks what a person configured against what the running server says of its parameters (T53), so that the
// answer names the parameter, the value and the bound. The server itself has the last word on the file.

import { shown } from '#interfaces/pgsql/shown.ts';
import type { Problem } from '../access/problem.ts';
import { problem } from '../access/problem.ts';
import { managedNames } from './managed-parameters.ts';
import { readQuantity } from './quantity.ts';

/** One row of pg_settings. Bounds are counted in `unit`. */
export interface ParameterFacts {
  readonly type: 'bool' | 'integer' | 'real' | 'string' | 'enum';
  readonly context: string;
  readonly unit: string | null;
  readonly min: string | null;
  readonly max: string | null;
  readonly values: readonly string[] | null;
}

const booleanWords = ['true', 'false', 'yes', 'no', 'on', 'off', '1', '0'];

/** Whether PostgreSQL takes this for a boolean: a word or what can only be the beginning of one. */
function isBoolean(value: string): boolean {
  const word = value.toLowerCase();
  return word !== 'o' && word !== '' && booleanWords.some((known) => known.startsWith(word));
}

function numberFault(value: string, facts: ParameterFacts): string | null {
  const quantity = readQuantity(value, facts.unit);
  if (quantity.kind === 'fault') return quantity.why;
  const number = facts.type === 'integer' ? Math.round(quantity.value) : quantity.value;
  const unit = facts.unit === null ? '' : ` (in units of ${facts.unit})`;
  if (facts.max !== null && number > Number(facts.max))
    return `it is above the maximum ${facts.max}${unit}`;
  if (facts.min !== null && number < Number(facts.min))
    return `it is below the minimum ${facts.min}${unit}`;
  return null;
}

function enumFault(value: string, values: readonly string[]): string | null {
  if (values.some((known) => known.toLowerCase() === value.toLowerCase())) return null;
  // Parameters that once were booleans take the other boolean words without listing them.
  if (values.includes('on') && isBoolean(value)) return null;
  return `it is none of ${values.join(', ')}`;
}

function valueFault(value: string, facts: ParameterFacts): string | null {
  if (facts.context === 'internal') return 'it can only be looked at';
  switch (facts.type) {
    case 'bool':
      return isBoolean(value) ? null : 'it is neither on nor off';
    case 'integer':
    case 'real':
      return numberFault(value, facts);
    case 'enum':
      return enumFault(value, facts.values ?? []);
    case 'string':
      return null;
    default:
      return facts.type satisfies never;
  }
}

const nameForm = /^[a-z_][\w$]*(?:\.[a-z_][\w$]*)*$/iu;

/** What can be told without a server: the form of the name, who decides it, and what no file can hold. */
function formFault(name: string, value: string): string | null {
  if (!nameForm.test(name)) return 'its name is to be letters, digits and "_"';
  if (managedNames.has(name)) return 'the charm decides it';
  if (/^include(?:_dir|_if_exists)?$/u.test(name))
    return 'it is no parameter but would read another file';
  if (value.includes('\u0000') || !value.isWellFormed())
    return 'its value can not be written to a file';
  return null;
}

/**
 * What is wrong with each configured parameter, by name in the order given. `facts` has the server's
 * parameters by lower-case name, or is null while there is no server to ask.
 */
export function checkParameters(
  parameters: Readonly<Record<string, string>>,
  facts: ReadonlyMap<string, ParameterFacts> | null,
): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    const known = facts?.get(name.toLowerCase());
    const why =
      formFault(name.toLowerCase(), value) ??
      // A name with a dot belongs to an extension, which need not be loaded to have parameters.
      (known === undefined && facts !== null && !name.includes('.')
        ? 'this version of PostgreSQL has no such parameter'
        : null) ??
      (known === undefined ? null : valueFault(value, known));
    if (why !== null) {
      problems.push(
        problem(
          'PARAMETER_REFUSED',
          `Cannot set ${name} to ${shown(value)}: ${why}`,
          'Correct the option extra-pg-conf; until then the settings in force stay',
        ),
      );
    }
  }
  return problems;
}
