-- The options of the detector of each run, one a row, all defaults written out: key 'alpha-max', value '0.5'.
CREATE VIEW detector_option AS
SELECT p.run, substr(o.value, 1, instr(o.value, '=') - 1) AS key, substr(o.value, instr(o.value, '=') + 1) AS value
FROM param AS p, json_each('["' || replace(substr(p.value, instr(p.value, ':') + 1), ',', '","') || '"]') AS o
WHERE p.key = 'detector';
