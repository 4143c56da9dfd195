-- The results store. Texts are the canonical ones (all options written out); times are UTC, ISO 8601;
-- checksums are SHA-256 in hexadecimal. Reading starts at the view `scan` and at the views named
-- after the papers' tables, all in views/.

-- One execution of an experiment with one set of parameters, inputs and code.
CREATE TABLE run (
  uid          TEXT PRIMARY KEY,  -- hash of experiment, profile, param, seed, run_input, code_version
  experiment   TEXT NOT NULL,     -- 'deep-mining', ...
  profile      TEXT NOT NULL,     -- 'quick', 'paper', ...
  status       TEXT NOT NULL CHECK (status IN ('running', 'finished', 'failed', 'interrupted')),  -- how far it is
  seed         TEXT NOT NULL,     -- decimal, 64 bits without sign: more than an INTEGER holds
  threads      INTEGER NOT NULL,  -- of the last start; results do not depend on it
  started      TEXT NOT NULL,     -- first start
  finished     TEXT,              -- when the last unit was written; null while unfinished
  heartbeat    TEXT NOT NULL,     -- last sign of life
  error        TEXT,              -- why it failed; null otherwise
  command      TEXT NOT NULL,     -- command line of the last start
  code_version TEXT NOT NULL,     -- checksum over the sources that its rows depend on
  git_commit   TEXT,              -- null when built outside a repository
  dirty        INTEGER CHECK (dirty IN (0, 1)),  -- 1: sources differed from that commit
  compiler     TEXT NOT NULL,     -- and its version
  flags        TEXT NOT NULL,     -- the compiler's
  libraries    TEXT NOT NULL,     -- JSON object: name -> version
  cpu          TEXT NOT NULL,     -- model name
  os           TEXT NOT NULL      -- name and version
) STRICT;
CREATE INDEX run_of_experiment ON run (experiment, profile);

-- Every parameter of a run, defaults written out.
CREATE TABLE param (
  run   TEXT NOT NULL REFERENCES run (uid),
  key   TEXT NOT NULL,            -- the option's name
  value TEXT NOT NULL,            -- as `deepmine run --set` takes it
  PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;

-- Finished pieces of work; all rows of a unit came in one transaction with its row here.
CREATE TABLE unit (
  run      TEXT NOT NULL REFERENCES run (uid),
  name     TEXT NOT NULL,         -- 'conv / target 3'
  finished TEXT NOT NULL,  -- when its rows were written
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

-- Images a run used.
CREATE TABLE dataset (
  sha256 TEXT PRIMARY KEY,        -- of pixels and labels
  name   TEXT NOT NULL,           -- 'cifar10'
  part   TEXT NOT NULL,           -- 'train', 'test'
  n      INTEGER NOT NULL         -- images
) STRICT;

-- Trained networks.
CREATE TABLE model (
  sha256        TEXT PRIMARY KEY, -- of the weights' file
  network       TEXT NOT NULL,    -- spec: 'resnet20:...'
  dataset       TEXT NOT NULL,    -- name of what it was trained on
  test_accuracy REAL,             -- in [0, 1]
  recipe        TEXT NOT NULL     -- training options
) STRICT;

-- Which dataset, model or file stood in which role of a run.
CREATE TABLE run_input (
  run    TEXT NOT NULL REFERENCES run (uid),
  role   TEXT NOT NULL,           -- 'dataset', 'model', ...; 'source diff': changes of the sources since their commit
  sha256 TEXT NOT NULL,           -- of a dataset, a model or a user's file
  PRIMARY KEY (run, role)
) STRICT, WITHOUT ROWID;

-- Files that were written, adversarial images for one.
CREATE TABLE artifact (
  sha256 TEXT PRIMARY KEY,  -- of the file
  kind   TEXT NOT NULL,           -- 'adversarial', 'activations', ...
  bytes  INTEGER NOT NULL,  -- its size
  path   TEXT NOT NULL            -- where it was written
) STRICT;

-- The adversarial images one attack made towards one target.
CREATE TABLE attack_set (
  run          TEXT NOT NULL REFERENCES run (uid),
  model        TEXT NOT NULL REFERENCES model (sha256),
  dataset      TEXT NOT NULL REFERENCES dataset (sha256),
  attack       TEXT NOT NULL,     -- spec: 'bim:epsilon=0.02,...'
  target       TEXT,              -- class; of untargeted attacks which images are kept: 'wrong', 'fooled'. Of the command
                                  -- attack also 'next', 'random', 'given', and '3, fooled': of images right before
  n_candidates INTEGER NOT NULL,  -- images attacked
  n_kept       INTEGER NOT NULL,  -- attacks that succeeded and are used
  success_rate REAL NOT NULL,     -- in [0, 1]
  mean_l2      REAL,              -- distance, pixel units of [0,1], mean over the kept ones
  mean_linf    REAL,  -- the same in L-infinity
  artifact     TEXT REFERENCES artifact (sha256)
) STRICT;
CREATE UNIQUE INDEX attack_set_key
  ON attack_set (run, model, dataset, attack, coalesce(target, ''));

-- What the test sets of a group of scans share. Read it through the view `scan`.
CREATE TABLE scan_cell (
  cell            INTEGER PRIMARY KEY,  -- number in this file
  run             TEXT NOT NULL REFERENCES run (uid),
  detector        TEXT NOT NULL,  -- 'subset-scan', or a baseline
  layer           TEXT NOT NULL,  -- whose activations were scanned
  attack          TEXT,           -- spec; null where nothing is noised
  target          TEXT,           -- noised inputs: of target '0' to '9', of 'All' targets; of an untargeted
                                  -- attack the 'wrong' (now) or the 'fooled' (right before); null for none
  kind            TEXT NOT NULL CHECK (kind IN ('null', 'mixed', 'individual')),  -- clean sets, sets with noised inputs, single inputs
  noised_fraction REAL,           -- of the test set; null for individual scans
  n_inputs        INTEGER NOT NULL CHECK (n_inputs > 0),                        -- test set size
  n_noised        INTEGER NOT NULL CHECK (n_noised BETWEEN 0 AND n_inputs),     -- of these, noised
  CHECK ((kind = 'null') = (n_noised = 0 AND n_inputs > 1)),
  CHECK ((kind = 'individual') = (n_inputs = 1))
) STRICT;
CREATE UNIQUE INDEX scan_cell_key ON scan_cell
  (run, layer, detector, n_inputs, n_noised, coalesce(attack, ''), coalesce(target, ''));

-- One scan of one test set; about 30 bytes each. Read it through the view `scan`.
CREATE TABLE scan_row (
  cell              INTEGER NOT NULL REFERENCES scan_cell (cell),
  item              INTEGER NOT NULL,  -- replicate; for an individual scan the image's index
  score             REAL NOT NULL,     -- higher is more anomalous
  alpha             REAL,              -- where the score is reached; null for the empty subset
  n_selected        INTEGER NOT NULL,  -- inputs in the most anomalous subset
  n_selected_noised INTEGER NOT NULL,  -- of these, noised
  n_nodes           INTEGER NOT NULL,  -- nodes in the most anomalous subset
  n_shared_sources  INTEGER NOT NULL,  -- images in the test set both clean and noised
  best_start        INTEGER,           -- which start of the ascent won, from 0
  half_steps        INTEGER,           -- optimisations of one axis until it stopped
  microseconds      INTEGER NOT NULL,  -- time it took; no result; 0 for individual scans
  PRIMARY KEY (cell, item),
  CHECK (n_selected_noised <= n_selected)
) STRICT, WITHOUT ROWID;

-- What each start of a scan's ascent reached, where it was kept.
CREATE TABLE start_score (
  cell  INTEGER NOT NULL,  -- of the scan
  item  INTEGER NOT NULL,  -- of the scan
  start INTEGER NOT NULL,              -- from 0
  score REAL NOT NULL,  -- where its ascent ended
  PRIMARY KEY (cell, item, start),
  FOREIGN KEY (cell, item) REFERENCES scan_row (cell, item)
) STRICT, WITHOUT ROWID;

-- Numbers computed from scores, with their intervals.
CREATE TABLE detection (
  run             TEXT NOT NULL REFERENCES run (uid),
  detector        TEXT NOT NULL,  -- as in scan_cell
  layer           TEXT NOT NULL,  -- as in scan_cell
  attack          TEXT,  -- as in scan_cell
  target          TEXT,  -- as in scan_cell
  kind            TEXT NOT NULL,       -- as in scan_cell
  noised_fraction REAL,                -- null for individual scans
  metric          TEXT NOT NULL,       -- 'auroc', 'precision', 'recall', ...
  value           REAL,                -- null where it is not defined
  ci_low          REAL,                -- 95 % interval
  ci_high         REAL,  -- its upper end
  n               INTEGER              -- scores it rests on
) STRICT;
CREATE UNIQUE INDEX detection_key ON detection
  (run, layer, detector, kind, metric, coalesce(noised_fraction, -1), coalesce(attack, ''),
   coalesce(target, ''));

-- Whether what must hold of a paper's table holds of ours, and of the models and attacks behind it. Rows on what is
-- doubtful about these are there only where something is.
CREATE TABLE shape_check (
  run    TEXT NOT NULL REFERENCES run (uid),
  name   TEXT NOT NULL,                -- the statement checked
  passed INTEGER NOT NULL CHECK (passed IN (0, 1)),  -- 1: it holds
  detail TEXT NOT NULL,                -- the numbers that decided
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

-- The papers' cells, from published/.
CREATE TABLE published (
  paper  TEXT NOT NULL,                -- 'deep-mining', 'autoencoder-scan', ...
  tbl    TEXT NOT NULL,                -- 'table1'
  row    TEXT NOT NULL,  -- '0', 'All', 'conv2d_1'
  col    TEXT NOT NULL,  -- '10', 'individual', 'fgsm'
  metric TEXT NOT NULL,                -- 'auroc', 'precision', 'recall', ...
  value  REAL,                         -- null where the paper has none or it cannot be read
  raw    TEXT NOT NULL,                -- as printed
  note   TEXT NOT NULL,                -- what was mended, and why
  PRIMARY KEY (paper, tbl, row, col, metric)
) STRICT, WITHOUT ROWID;

-- What this file holds besides the runs: 'contents', the checksum of views and published cells.
CREATE TABLE store_info (
  name  TEXT PRIMARY KEY,  -- of what is noted
  value TEXT NOT NULL  -- what is noted
) STRICT, WITHOUT ROWID;
