/** Reports as JSON: written, and read again. docs/report.schema.json and docs/ablation.schema.json describe it. */
package io.github.swscan.report.json;
