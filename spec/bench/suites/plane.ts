import { ray } from '../../services/services.js';
import { found } from '../programs.js';
import type { OpenSuite, Suite } from '../row.js';
import { queueRows } from './queue-rows.js';
import { pythonRows, taskRows } from './task-rows.js';

/** The data plane: tasks on workers, and the queue of one process, beside what else does such work. */
export const plane: Suite = {
  name: 'plane',
  parts: [
    { name: 'tasks', open: async () => openTasks() },
    { name: 'queue', open: async () => ({ rows: queueRows, skipped: [], close: async () => undefined }) },
  ],
};

function openTasks(): OpenSuite {
  // What the services have brought will do where the machine has none of its own.
  const python = found(['python3', ray.find() ?? 'python'], '-c', 'import concurrent.futures');
  return {
    rows: python === undefined ? taskRows : [...taskRows, ...pythonRows(python)],
    skipped: python === undefined ? ['no Python was found: its executor and its queues are left out'] : [],
    close: async () => undefined,
  };
}
