// The calls that change a model: each reads its input, has core's function do the change, and answers.

import { existsSync } from 'node:fs';

import { addCharm, addUnits, deploy } from '#core/juju/deploy.ts';
import type { CharmDefinition } from '#core/juju/charm-definition.ts';
import { applicationNamed, unitsOf } from '#core/juju/find.ts';
import { integrate } from '#core/juju/integrate.ts';
import { unitMeant } from '#core/juju/leader.ts';
import type { Model } from '#core/juju/model.ts';
import { resetModelConfig, setModelConfig } from '#core/juju/model-config.ts';
import { withKey } from '#core/juju/own.ts';
import { refresh } from '#core/juju/refresh.ts';
import { removeRelation, resumeRelation, suspendRelation } from '#core/juju/remove-relation.ts';
import { removeApplication, removeUnit } from '#core/juju/remove.ts';
import { resolveUnit, unresolvedUnits } from '#core/juju/resolve.ts';
import { addUserSecret, grantUserSecret } from '#core/juju/secrets-admin.ts';
import { changeConfig, setTrust } from '#core/juju/set-config.ts';
import { settle } from '#core/juju/settle.ts';
import { cancelTask, enqueueAction, enqueueExec } from '#core/juju/tasks.ts';
import { mintSecretId } from '#core/juju/tools/secret-id.ts';

import { keepResource } from '../agent/resources.ts';
import {
  flag,
  number,
  optionalNumber,
  optionalText,
  text,
  textDictionary,
  texts,
} from '../api/fields.ts';
import { dictionary } from '../api/fields.ts';
import type { ModelCallName } from '../api/calls.ts';
import type { Fields } from '../api/fields.ts';
import { longestSocketPathBytes } from '#adapters/net/unix-listener.ts';
import { UserError } from '../user-error.ts';
import { takeCharm } from './charm-intake.ts';
import { readConfigFile } from './config-file.ts';
import type { Controller } from './controller.ts';
import { storageCounts, withStorageCounts } from './storage-directives.ts';

export type Handler = (controller: Controller, fields: Fields) => unknown;

const done = { ok: true } as const;

export const modelCalls: Readonly<Record<ModelCallName, Handler>> = {
  deploy: deployCall,
  refresh: refreshCall,
  'add-units': addUnitsCall,
  'remove-unit': (controller, fields) => {
    const force = flag(fields, 'force');
    controller.change((model, now) => removeUnit(model, text(fields, 'unit'), { force }, now));
    return done;
  },
  'remove-application': (controller, fields) => {
    const force = flag(fields, 'force');
    controller.change((model, now) =>
      removeApplication(model, text(fields, 'application'), { force }, now),
    );
    return done;
  },
  integrate: (controller, fields) => {
    let relation = '';
    controller.change((model, now) => {
      const result = integrate(model, text(fields, 'left'), text(fields, 'right'));
      relation = result.relation;
      return settle(result.model, now);
    });
    return { relation };
  },
  'remove-relation': (controller, fields) => {
    const options = { force: flag(fields, 'force') };
    controller.change((model, now) =>
      removeRelation(model, texts(fields, 'endpoints'), options, now),
    );
    return done;
  },
  'suspend-relation': (controller, fields) => {
    const act = flag(fields, 'suspended') ? suspendRelation : resumeRelation;
    controller.change((model, now) => settle(act(model, text(fields, 'relation')), now));
    return done;
  },
  'set-config': (controller, fields) => {
    const application = text(fields, 'application');
    const file = optionalText(fields, 'file');
    const fromFile = file === null ? {} : readConfigFile(file, application);
    const set = { ...fromFile, ...textDictionary(fields, 'values') };
    const reset = texts(fields, 'reset');
    controller.change((model) => changeConfig(model, application, { set, reset }));
    return done;
  },
  'set-trust': (controller, fields) => {
    controller.change((model) =>
      setTrust(model, text(fields, 'application'), flag(fields, 'trust')),
    );
    return done;
  },
  'set-model-config': (controller, fields) => {
    controller.change((model) =>
      resetModelConfig(
        setModelConfig(model, textDictionary(fields, 'values')),
        texts(fields, 'reset'),
      ),
    );
    return done;
  },
  expose: (controller, fields) => {
    const exposed = flag(fields, 'exposed');
    controller.change((model) => {
      const application = applicationNamed(model, text(fields, 'application'));
      const applications = withKey(model.applications, application.name, {
        ...application,
        exposed,
      });
      return { ...model, applications };
    });
    return done;
  },
  resolve: (controller, fields) => {
    const model = controller.book.model;
    const units = flag(fields, 'all') ? unresolvedUnits(model) : texts(fields, 'units');
    const options = { retry: flag(fields, 'retry') };
    controller.change((before) =>
      units.reduce((result, unit) => resolveUnit(result, unit, options), before),
    );
    return { units };
  },
  'enqueue-action': (controller, fields) =>
    enqueue(controller, fields, (model, units, now) =>
      enqueueAction(
        model,
        { units, action: text(fields, 'action'), parameters: dictionary(fields, 'parameters') },
        now,
      ),
    ),
  'enqueue-exec': (controller, fields) =>
    enqueue(controller, fields, (model, units, now) => {
      const timeoutSeconds = optionalNumber(fields, 'timeoutSeconds');
      return enqueueExec(model, { units, command: text(fields, 'command'), timeoutSeconds }, now);
    }),
  'cancel-task': (controller, fields) => {
    const task = text(fields, 'task');
    controller.change((model, now) => cancelTask(model, task, now));
    const unit = controller.book.model.tasks[task]?.unit ?? '';
    controller.agents.find(unit)?.killTask(task);
    return done;
  },
  'add-secret': (controller, fields) => {
    const id = mintSecretId(controller.host.random.next);
    const description = text(fields, 'description');
    const content = textDictionary(fields, 'content');
    controller.change((model) =>
      addUserSecret(model, { id, name: text(fields, 'name'), description, content }),
    );
    return { secret: `secret:${id}` };
  },
  'grant-secret': (controller, fields) => {
    controller.change((model) =>
      grantUserSecret(model, text(fields, 'secret'), texts(fields, 'applications')),
    );
    return done;
  },
};

async function deployCall(controller: Controller, fields: Fields): Promise<unknown> {
  const units = number(fields, 'units');
  const to = texts(fields, 'to');
  const configFile = optionalText(fields, 'configFile');
  const directives = storageCounts(textDictionary(fields, 'storage'));
  const charm = await takeCharm(text(fields, 'path'), controller.book.model, controller.layout);
  const application = optionalText(fields, 'application') ?? charm.name;
  checkSocketPath(controller, application, units);
  const fromFile = configFile === null ? {} : readConfigFile(configFile, application);
  const request = {
    application,
    charmUrl: charm.url,
    units,
    config: { ...fromFile, ...textDictionary(fields, 'config') },
    trust: flag(fields, 'trust'),
    to,
  };
  await controller.reserveAddresses(units);
  const deployed = (model: Model, now: number): Model =>
    withStorageCounts(
      deploy(addCharm(model, charm), request, controller.placement, now),
      application,
      directives,
    );
  // Refused before any resource is kept, as a command that fails leaves nothing behind.
  deployed(controller.book.model, controller.clock.now());
  keepResources(controller, application, charm, textDictionary(fields, 'resources'));
  controller.change((model, now) => settle(deployed(model, now), now));
  controller.note(`deployed ${application} from ${charm.url}`);
  return { application, charmUrl: charm.url };
}

async function refreshCall(controller: Controller, fields: Fields): Promise<unknown> {
  const application = text(fields, 'application');
  applicationNamed(controller.book.model, application);
  const charm = await takeCharm(text(fields, 'path'), controller.book.model, controller.layout);
  const options = { forceUnits: flag(fields, 'forceUnits') };
  const refreshed = (model: Model): Model =>
    refresh(addCharm(model, charm), application, charm.url, options);
  refreshed(controller.book.model);
  keepResources(controller, application, charm, textDictionary(fields, 'resources'));
  controller.change((model, now) => settle(refreshed(model), now));
  return { charmUrl: charm.url };
}

async function addUnitsCall(controller: Controller, fields: Fields): Promise<unknown> {
  const application = text(fields, 'application');
  const units = number(fields, 'units');
  const before = new Set(unitsOf(controller.book.model, application));
  await controller.reserveAddresses(units);
  controller.change((model, now) =>
    settle(
      addUnits(model, application, units, texts(fields, 'to'), controller.placement, now),
      now,
    ),
  );
  const now = unitsOf(controller.book.model, application);
  return { units: now.filter((unit) => !before.has(unit)) };
}

function enqueue(
  controller: Controller,
  fields: Fields,
  act: (
    model: Model,
    units: readonly string[],
    now: number,
  ) => { readonly model: Model; readonly operation: string; readonly tasks: readonly string[] },
): unknown {
  let answer: unknown = null;
  controller.change((model, now) => {
    const units = texts(fields, 'units').map((unit) => unitMeant(model, unit, now));
    const { operation, tasks, model: after } = act(model, units, now);
    answer = { operation, tasks };
    return after;
  });
  return answer;
}

/** Throws `UserError` when the longest unit name of the application would not fit into a socket's path. */
function checkSocketPath(controller: Controller, application: string, units: number): void {
  const machine = String(controller.book.model.sequence.machine + units);
  const { agentSocket } = controller.layout.unit(machine, `${application}/${units}`);
  const length = Buffer.byteLength(agentSocket);
  if (length <= longestSocketPathBytes) return;
  throw new UserError(
    `application name "${application}" is too long here: its agents' sockets would have paths of ${length} bytes, and unix allows ${longestSocketPathBytes}`,
    'Give a shorter name after the charm, or use a shorter --state-dir.',
  );
}

function keepResources(
  controller: Controller,
  application: string,
  charm: CharmDefinition,
  resources: Readonly<Record<string, string>>,
): void {
  for (const [name, path] of Object.entries(resources)) {
    if (!Object.hasOwn(charm.resources, name)) {
      const known = Object.keys(charm.resources).join(', ');
      throw new UserError(
        `unrecognized resource "${name}"`,
        known === '' ? `Charm ${charm.name} has no resources.` : `Its resources are ${known}.`,
      );
    }
    if (!existsSync(path)) {
      throw new UserError(
        `resource file "${path}" not found`,
        'Give the path of an existing file.',
      );
    }
  }
  for (const [name, path] of Object.entries(resources)) {
    keepResource(path, controller.layout.resource(application, name));
  }
}
