-- The results store. Texts are the canonical ones (all options written out); times are UTC, ISO 8601;
-- checksums are SHA-256 in hexadecimal. Reading starts at the views `cell` and `scan` and at those named
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
  sha256        TEXT PRIMARY KEY, -- of the weights' file, or of a spec and its weights
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

-- Images scored together, as one model sees them.
CREATE TABLE input_set (
  input_set INTEGER PRIMARY KEY,  -- number in this file
  run       TEXT NOT NULL REFERENCES run (uid),
  name      TEXT NOT NULL,        -- 'clean', 'bim:epsilon=0.02,... / 3', 'svhn'
  kind      TEXT NOT NULL CHECK (kind IN ('clean', 'adversarial', 'ood', 'noise')),  -- what detectors shall tell from clean
  dataset   TEXT,                 -- name or spec of where the images come from
  attack    TEXT,                 -- spec; null where none was attacked
  target    TEXT,                 -- class aimed at, 'All', or 'random' and 'each' where it differs by image; null of untargeted attacks
  kept      TEXT,                 -- which images are in the set: 'wrong' (now), 'fooled' (of those right before); null for all
  n         INTEGER NOT NULL,     -- images
  CHECK ((kind = 'adversarial') = (attack IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX input_set_key ON input_set (run, name);

-- What is known of each image of a set, one row each, whatever scores it.
CREATE TABLE input (
  input_set INTEGER NOT NULL REFERENCES input_set (input_set),
  item      INTEGER NOT NULL,     -- place in the set, from 0
  source    INTEGER,              -- index of the dataset's image that it is or was made from
  label     INTEGER,              -- true class
  predicted INTEGER,              -- class the model gives it
  success   INTEGER CHECK (success IN (0, 1)),  -- 1: the attack on it succeeded
  PRIMARY KEY (input_set, item)
) STRICT, WITHOUT ROWID;

-- What a group of scores shares. Single inputs: one score for each of the set. Groups: one for each test set, drawn of the
-- set's images and clean ones. Read it through the view `cell`.
CREATE TABLE score_cell (
  cell               INTEGER PRIMARY KEY,  -- number in this file
  run                TEXT NOT NULL REFERENCES run (uid),
  detector           TEXT NOT NULL,        -- spec, or a baseline's name; its options are in spec_option
  layer              TEXT NOT NULL,        -- whose activations were scored; empty where it has many or none
  part               TEXT NOT NULL,        -- part of the detector's score: 'mdl'; empty for the whole; 'beta 0.3': concluded from others, without scores
  input_set          INTEGER NOT NULL REFERENCES input_set (input_set),
  kind               TEXT NOT NULL CHECK (kind IN ('individual', 'mixed', 'null')),  -- single inputs; test sets with anomalous inputs; clean ones
  anomalous_fraction REAL,                 -- of a test set; this and the next two are null for single inputs
  n_inputs           INTEGER CHECK (n_inputs > 0),                      -- test set size
  n_anomalous        INTEGER CHECK (n_anomalous BETWEEN 0 AND n_inputs),  -- of these, anomalous
  CHECK ((kind = 'individual') = (n_inputs IS NULL) AND (n_inputs IS NULL) = (n_anomalous IS NULL)),
  CHECK (kind = 'individual' OR (kind = 'null') = (n_anomalous = 0))
) STRICT;
CREATE UNIQUE INDEX score_cell_key ON score_cell
  (run, detector, layer, part, input_set, coalesce(n_inputs, 0), coalesce(n_anomalous, 0));

-- Every score; about 18 bytes each.
CREATE TABLE score (
  cell  INTEGER NOT NULL REFERENCES score_cell (cell),
  item  INTEGER NOT NULL,         -- of a single input the item in its input_set, of a test set its replicate
  score REAL NOT NULL,            -- higher is more anomalous
  PRIMARY KEY (cell, item)
) STRICT, WITHOUT ROWID;

-- What a scan says beside its score; about 20 bytes each. Read it through the view `scan`.
CREATE TABLE scan_detail (
  cell                 INTEGER NOT NULL,  -- of score
  item                 INTEGER NOT NULL,  -- of score
  alpha                REAL,              -- where the score is reached; null for the empty subset
  n_selected           INTEGER NOT NULL,  -- inputs in the most anomalous subset
  n_selected_anomalous INTEGER NOT NULL,  -- of these, anomalous
  n_nodes              INTEGER NOT NULL,  -- nodes in the most anomalous subset
  n_shared_sources     INTEGER NOT NULL,  -- images in the test set both clean and anomalous
  best_start           INTEGER,           -- which start of the ascent won, from 0
  half_steps           INTEGER,           -- optimisations of one axis until it stopped
  microseconds         INTEGER NOT NULL,  -- time it took; no result; 0 for single inputs
  PRIMARY KEY (cell, item),
  FOREIGN KEY (cell, item) REFERENCES score (cell, item),
  CHECK (n_selected_anomalous <= n_selected)
) STRICT, WITHOUT ROWID;

-- What each start of a scan's ascent reached, where it was kept.
CREATE TABLE start_score (
  cell  INTEGER NOT NULL,  -- of scan_detail
  item  INTEGER NOT NULL,  -- of scan_detail
  start INTEGER NOT NULL,  -- from 0
  score REAL NOT NULL,     -- where its ascent ended
  PRIMARY KEY (cell, item, start),
  FOREIGN KEY (cell, item) REFERENCES scan_detail (cell, item)
) STRICT, WITHOUT ROWID;

-- Numbers computed from a cell's scores and those of its clean counterpart: the run's clean inputs, or as large clean test
-- sets, under the same detector, layer and part. With their intervals.
CREATE TABLE detection (
  cell    INTEGER NOT NULL REFERENCES score_cell (cell),
  metric  TEXT NOT NULL,          -- 'auroc', 'fpr95', 'detection-error', 'tnr95', 'mean-auroc', 'aupr-in', 'aupr-out', 'precision', 'recall', ...
  value   REAL,                   -- null where it is not defined
  ci_low  REAL,                   -- 95 % interval
  ci_high REAL,                   -- its upper end
  n       INTEGER,                -- scores it rests on
  PRIMARY KEY (cell, metric)
) STRICT, WITHOUT ROWID;

-- The options of each spec that stands in a column above, one a row: of 'bim:epsilon=0.02,...' the keys 'name' (bim),
-- 'epsilon' (0.02) and so on. Those of specs among the options follow a dot, those in a list its number: 'attacks.0.epsilon'.
-- The view `run_option` gives those of a run's parameters: 'detector.alpha-max'.
CREATE TABLE spec_option (
  spec  TEXT NOT NULL,            -- canonical text
  key   TEXT NOT NULL,            -- option; 'name': what stands before the options
  value TEXT NOT NULL,            -- as in the text
  PRIMARY KEY (spec, key)
) STRICT, WITHOUT ROWID;

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
