/** The model checker arrives with its own release; this entry exists so that its import path is settled. */
export {};
