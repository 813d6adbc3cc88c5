/** Reports as GitHub-flavoured Markdown, for job summaries and pull requests. */
package io.github.swscan.report.markdown;
