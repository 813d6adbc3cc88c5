/** What a run is held to: reports in, violations out. Knows reports only. */
package io.github.swscan.policy;
