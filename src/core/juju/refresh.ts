// Moving an application to another revision of its charm. The units notice by themselves, each in its own
// time, so both revisions run side by side for a while (L34).

import { checkAssumes } from './assumes.ts';
import type { CharmDefinition } from './charm-definition.ts';
import { carryConfigOver } from './config-values.ts';
import { addPeerRelations } from './deploy.ts';
import { applicationNamed, charmOf, relationsOf, unitsOf } from './find.ts';
import { ModelError } from './model-error.ts';
import type { Application, ApplicationName, Model } from './model.ts';
import { relationKey } from './new-relation.ts';
import { own, withKey } from './own.ts';
import { localEndpoint } from './relation-scope.ts';
import { addStorage, storageOf } from './storage.ts';

export interface RefreshOptions {
  /** Upgrade units whose hook failed too, without upgrade-charm for them (L36, E85). */
  readonly forceUnits: boolean;
}

/**
 * Points an application at a charm the model has. Values that no longer fit are dropped (F35); peer
 * relations and storage that are new in the charm are created, the storage unprovisioned.
 *
 * Throws `not-valid` when the charm is another one, would break a relation or storage in use, changes
 * between principal and subordinate, does not run on the application's base, or assumes what is not there.
 */
export function refresh(
  model: Model,
  name: ApplicationName,
  charmUrl: string,
  options: RefreshOptions,
): Model {
  const application = applicationNamed(model, name);
  const charm = own(model.charms, charmUrl);
  if (charm === undefined) {
    throw new Error(`Cannot refresh to '${charmUrl}' as the charm was not added to the model`);
  }
  checkAssumes(charm.assumes, model.jujuVersion);
  const problem = incompatibility(model, application, charm);
  if (problem !== null) {
    throw new ModelError(
      'not-valid',
      `cannot upgrade application "${name}" to charm "${charmUrl}": ${problem.text}`,
      problem.hint,
    );
  }
  const refreshed: Application = {
    ...application,
    charmUrl,
    config: carryConfigOver(application.config, charm),
    charmModified: application.charmModified + 1,
    forceUnits: options.forceUnits,
  };
  const withCharm = withApplication(model, refreshed);
  return addNewStorage(addPeerRelations(withCharm, name), name, charm);
}

/** What attaching a resource does: units run upgrade-charm although the charm is the same (L34). */
export function noteResourceChange(model: Model, name: ApplicationName): Model {
  const application = applicationNamed(model, name);
  const charmModified = application.charmModified + 1;
  return withApplication(model, { ...application, charmModified });
}

interface Incompatibility {
  readonly text: string;
  readonly hint: string;
}

function incompatibility(
  model: Model,
  application: Application,
  charm: CharmDefinition,
): Incompatibility | null {
  const current = charmOf(model, application.name);
  if (charm.name !== current.name) {
    return {
      text: `cannot change an application's charm from "${current.name}" to "${charm.name}"`,
      hint: 'Deploy the other charm as an application of its own.',
    };
  }
  if (charm.subordinate !== current.subordinate) {
    return {
      text: "cannot change an application's subordinacy",
      hint: 'Deploy the charm as another application and remove this one.',
    };
  }
  if (!charm.bases.includes(application.base)) {
    return {
      text: `base "${application.base}" not supported by charm, supported bases are: ${charm.bases.join(', ')}`,
      hint: `Pack the charm for ${application.base} too.`,
    };
  }
  return brokenRelation(model, application, charm) ?? lostStorage(model, application, charm);
}

/** The first relation whose endpoint the charm no longer has as it was. */
function brokenRelation(
  model: Model,
  application: Application,
  charm: CharmDefinition,
): Incompatibility | null {
  const broken = relationsOf(model, application.name).find((relation) => {
    const endpoint = localEndpoint(relation, application.name);
    const definition = own(charm.endpoints, endpoint.name);
    return definition?.interface !== endpoint.interface || definition.role !== endpoint.role;
  });
  if (broken === undefined) return null;
  const key = relationKey(broken.endpoints);
  return {
    text: `would break relation "${key}"`,
    hint: 'Keep the endpoint in the charm, or remove the relation first.',
  };
}

function lostStorage(
  model: Model,
  application: Application,
  charm: CharmDefinition,
): Incompatibility | null {
  const lost = unitsOf(model, application.name)
    .flatMap((unit) => storageOf(model, unit))
    .find((instance) => own(charm.storage, instance.name)?.type !== instance.kind);
  if (lost === undefined) return null;
  return {
    text: `in-use storage "${lost.name}" removed`,
    hint: 'Keep the storage in the charm with its type.',
  };
}

/** Units get what a unit made now would start with. */
function addNewStorage(model: Model, name: ApplicationName, charm: CharmDefinition): Model {
  return unitsOf(model, name).reduce((perUnit, unit) => {
    const present = storageOf(perUnit, unit);
    return Object.values(charm.storage).reduce((result, { name: storage, multiple }) => {
      const least = multiple === null ? 1 : multiple.min;
      const missing = least - present.filter((instance) => instance.name === storage).length;
      return missing > 0 ? addStorage(result, unit, storage, missing, null) : result;
    }, perUnit);
  }, model);
}

function withApplication(model: Model, application: Application): Model {
  return { ...model, applications: withKey(model.applications, application.name, application) };
}
