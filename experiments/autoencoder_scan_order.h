#pragma once

namespace deepmine {

/// `ORDER BY` of rows of the view `autoencoder_scan` as one process measures them: the network's layers, in each the
/// baselines before the scan, the attacks as they were named. Cells are numbered otherwise where many workers measured.
/// Runs that do not say their layers by name are in the order of their cells.
inline constexpr const char* kInNetworksOrder =
    " ORDER BY (SELECT iif(instr('+' || layers.value || '+', '+' || layer || '+') = 0, 0,"
    " (instr('+' || layers.value || '+', '+' || layer || '+') << 40)"
    " + (((detector <> 'mean-error') + (detector NOT IN ('mean-error', 'max-error'))) << 36)"
    " + (instr('+' || attacks.value || ':', '+' || attack || ':') << 16)"
    " + ((clip = 'clipped') << 15) + ((kept = 'fooled') << 14) + coalesce(anomalous_percent, 0))"
    " FROM param AS layers, param AS attacks WHERE layers.run = autoencoder_scan.run AND layers.key = 'layers'"
    " AND attacks.run = autoencoder_scan.run AND attacks.key = 'attacks'), cell";

/// The same for the table `attack_set`.
inline constexpr const char* kInAttacksOrder =
    " ORDER BY (SELECT instr('+' || attacks.value || ':', '+' || name.value || ':') FROM param AS attacks, spec_option "
    "AS name"
    " WHERE attacks.run = attack_set.run AND attacks.key = 'attacks' AND name.spec = attack AND name.key = 'name'),"
    " (SELECT value = 'unit' FROM spec_option WHERE spec = attack AND key = 'clip'), target DESC";

}  // namespace deepmine
