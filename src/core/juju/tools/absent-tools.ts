// Tools Juju 3 puts on PATH that can't work here: those of Kubernetes models and of metrics (3.29). A
// charm that calls one learns so by exit code 1, whatever its arguments.

import { runError } from './tool.ts';
import type { Tool } from './tool.ts';

const kubernetes = ['k8s-spec-set', 'k8s-spec-get', 'k8s-raw-set', 'k8s-raw-get'];
const pods = ['pod-spec-set', 'pod-spec-get'];

function absent(name: string, purpose: string, message: string): Tool {
  return {
    name,
    usage: '',
    purpose,
    flags: [
      { names: ['file'], kind: 'text', help: 'the specification to set' },
      { names: ['k8s-resources'], kind: 'text', help: 'the resources to set' },
      { names: ['labels'], kind: 'text', help: 'labels of the metrics' },
    ],
    formats: null,
    run: () => {
      throw runError(message);
    },
  };
}

export const absentTools: readonly Tool[] = [
  ...[...kubernetes, ...pods].map((name) =>
    absent(name, 'Work with a Kubernetes model.', 'not supported on a machine model'),
  ),
  absent('add-metric', 'Add metrics.', 'cannot add metrics: metrics disabled'),
];
