// application-version-set, resource-get and credential-get (3.25-3.27).

import { applicationNamed } from '../find.ts';
import { own, withKey } from '../own.ts';
import { ownCharm } from '../uniter/own-charm.ts';
import { requireNoMore } from './arguments.ts';
import { runError, smartFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

/** Takes effect at once, and any unit may do it. */
function applicationVersionSet(invocation: Invocation): void {
  const [version, ...rest] = invocation.args;
  if (version === undefined) throw usageError('no version specified');
  requireNoMore(rest);
  const application = applicationNamed(invocation.model, invocation.context.application);
  const applications = withKey(invocation.model.applications, application.name, {
    ...application,
    version,
  });
  invocation.model = { ...invocation.model, applications };
}

/** The path without a newline, as the tool prints it (H230). */
function resourceGet(invocation: Invocation): void {
  const [name, ...rest] = invocation.args;
  if (name === undefined || name === '') throw usageError('missing required resource name');
  requireNoMore(rest);
  const { context, world } = invocation;
  const declared = own(ownCharm(invocation.model, context.unit).resources, name) !== undefined;
  const path = declared ? (world.resourcePath?.(context.unit, name) ?? null) : null;
  if (path === null) {
    const resource = `resource#${context.application}/${name}`;
    throw runError(`could not download resource: ${resource}: not found`);
  }
  invocation.stdout += path;
}

/** A machine of the model's own has no cloud, so there is no credential, trusted or not (H220). */
function credentialGet(invocation: Invocation): void {
  requireNoMore(invocation.args);
  throw runError('cannot access cloud credentials: permission denied');
}

export const applicationTools: readonly Tool[] = [
  {
    name: 'application-version-set',
    usage: '<new-version>',
    purpose: 'Specify which version of the application is deployed.',
    flags: [],
    formats: null,
    run: applicationVersionSet,
  },
  {
    name: 'resource-get',
    usage: '<resource name>',
    purpose: 'Get the path to the locally cached resource file.',
    flags: [],
    formats: null,
    run: resourceGet,
  },
  {
    name: 'credential-get',
    usage: '',
    purpose: 'Access cloud credentials.',
    flags: [],
    formats: smartFormats,
    run: credentialGet,
  },
];
