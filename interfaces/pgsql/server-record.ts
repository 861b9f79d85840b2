// What a server remembers of one relation between hooks, so that a hook reads the bags of the relation
// it is about and of no other. Plain data; passwords are not in it.

import type { Settings } from '../ports.ts';
import { rangesOfUnit } from './address-range.ts';
import type { OfferFacts, ServerAddress } from './offer.ts';
import { compareNumbered, compareText } from './numeric-order.ts';
import { parseServerState } from './protocol.ts';
import { decodeRequest, NO_REQUEST } from './request.ts';
import type { RequestText } from './request.ts';

/** A client unit: what it asks for and where it is seen from. */
export interface ClientUnit {
  readonly unit: string;
  readonly request: RequestText;
  readonly ranges: readonly string[];
}

export interface ServerRecord {
  readonly relationId: number;
  readonly relationName: string;
  readonly application: string;
  /** False until the first relation-changed: before it, silence is no request (T4). */
  readonly isHeard: boolean;
  readonly applicationRequest: RequestText;
  /** In numerical order. */
  readonly units: readonly ClientUnit[];
  /** The texts that were last carried out; null for never. */
  readonly answered: Readonly<Record<keyof RequestText, string | null>>;
  /** Name of the database last handed out, null for never. */
  readonly database: string | null;
  /** Roles last acknowledged, null for never. */
  readonly roles: readonly string[] | null;
  /** What was warned of, so that it is not said in every hook. */
  readonly warned: readonly string[];
}

/** What was last published to a relation. */
export interface ServedRelation extends OfferFacts {
  readonly relationId: number;
  readonly relationName: string;
  readonly application: string;
  readonly hasSchemaUser: boolean;
}

/** A relation nothing is known of yet. */
export function newRecord(
  relationId: number,
  relationName: string,
  application: string,
): ServerRecord {
  return {
    relationId,
    relationName,
    application,
    isHeard: false,
    applicationRequest: NO_REQUEST,
    units: [],
    answered: { database: null, roles: null, extensions: null },
    database: null,
    roles: null,
    warned: [],
  };
}

/** What a unit's bag says of it; an empty bag asks for nothing and has no address. */
export function readClientUnit(unit: string, settings: Settings): ClientUnit {
  return { unit, request: decodeRequest(settings), ranges: rangesOfUnit(settings) };
}

/** In numerical order (T51), which is what "the lowest unit" goes by. */
export function sortUnits(units: readonly ClientUnit[]): readonly ClientUnit[] {
  return [...units].sort((left, right) => compareNumbered(left.unit, right.unit));
}

/** Units that can be let in: those whose address is known (T1). */
export function allowedUnitsOf(record: ServerRecord): readonly string[] {
  return record.units.filter(({ ranges }) => ranges.length > 0).map(({ unit }) => unit);
}

/** Ranges of all units, each once, sorted as text. */
export function allowedSubnetsOf(record: ServerRecord): readonly string[] {
  return [...new Set(record.units.flatMap(({ ranges }) => ranges))].sort(compareText);
}

// Reading back what a store holds. What is not of the expected shape is no record: the relation's next
// hook reads it anew from its bags.

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isRequest(value: unknown): value is RequestText {
  return (
    isFields(value) &&
    ['database', 'roles', 'extensions'].every((key) => typeof value[key] === 'string')
  );
}

function isClientUnit(value: unknown): value is ClientUnit {
  return (
    isFields(value) &&
    typeof value['unit'] === 'string' &&
    isRequest(value['request']) &&
    isTexts(value['ranges'])
  );
}

function isAnswered(value: unknown): boolean {
  return (
    isFields(value) && ['database', 'roles', 'extensions'].every((key) => isTextOrNull(value[key]))
  );
}

/** What record and publication have in common. */
function isRelationFields(value: Fields): boolean {
  return (
    Number.isInteger(value['relationId']) &&
    typeof value['relationName'] === 'string' &&
    typeof value['application'] === 'string'
  );
}

/** True for a record this version of the code can work with. */
export function isServerRecord(value: unknown): value is ServerRecord {
  return (
    isFields(value) &&
    isRelationFields(value) &&
    typeof value['isHeard'] === 'boolean' &&
    isRequest(value['applicationRequest']) &&
    Array.isArray(value['units']) &&
    value['units'].every((unit) => isClientUnit(unit)) &&
    isAnswered(value['answered']) &&
    isTextOrNull(value['database']) &&
    (value['roles'] === null || isTexts(value['roles'])) &&
    isTexts(value['warned'])
  );
}

function isAddress(value: unknown): value is ServerAddress {
  return (
    isFields(value) &&
    typeof value['host'] === 'string' &&
    (typeof value['port'] === 'string' || typeof value['port'] === 'number')
  );
}

/** True for a publication this version of the code can repeat. */
export function isServedRelation(value: unknown): value is ServedRelation {
  return (
    isAddress(value) &&
    isFields(value) &&
    isRelationFields(value) &&
    typeof value['hasSchemaUser'] === 'boolean' &&
    ['database', 'user', 'version', 'roles', 'extensions'].every(
      (key) => typeof value[key] === 'string',
    ) &&
    parseServerState(String(value['state'])) !== null &&
    (value['master'] === null || isAddress(value['master'])) &&
    Array.isArray(value['standbys']) &&
    value['standbys'].every((standby) => isAddress(standby)) &&
    isTexts(value['allowedUnits']) &&
    isTexts(value['allowedSubnets']) &&
    isFields(value['connectionOptions']) &&
    Object.values(value['connectionOptions']).every((option) => typeof option === 'string')
  );
}
