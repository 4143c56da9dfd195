-- The options of the detector of each run, one a row, all defaults written out: key 'alpha-max', value '0.5'; key 'name' is the detector.
CREATE VIEW detector_option AS
SELECT p.run, o.key, o.value FROM param AS p JOIN spec_option AS o ON o.spec = p.value WHERE p.key = 'detector';
