package io.github.swscan.report.sarif;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What of SARIF 2.1.0 is written; names are those of the standard. What is empty is left out, but for results: a run without
 * the list is one that was not made.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record SarifLog(@JsonProperty("$schema") String schema, String version, List<Run> runs) {

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record Run(
            ToolComponents tool,
            RunDetails automationDetails,
            List<Invocation> invocations,
            String columnKind,
            @JsonInclude(JsonInclude.Include.ALWAYS) List<Result> results,
            Map<String, Object> properties) {}

    record ToolComponents(Driver driver) {}

    record Driver(String name, String version, String semanticVersion, List<ReportingDescriptor> rules) {}

    /** Which runs are about the same: {@code swscan/MODEL/}. */
    record RunDetails(String id) {}

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record Invocation(boolean executionSuccessful, String endTimeUtc, List<Notification> toolExecutionNotifications) {}

    record Notification(String level, Message message) {}

    /** A rule. */
    record ReportingDescriptor(
            String id,
            String name,
            Message shortDescription,
            Message fullDescription,
            Help help,
            Configuration defaultConfiguration,
            RuleProperties properties) {}

    /** Those that GitHub shows; {@code security-severity} is a number as text. */
    record RuleProperties(
            List<String> tags,
            String precision,
            @JsonProperty("problem.severity") String problemSeverity,
            @JsonProperty("security-severity") String securitySeverity) {}

    record Configuration(String level) {}

    record Help(String text, String markdown) {}

    record Message(String text) {}

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record Result(
            String ruleId,
            int ruleIndex,
            String level,
            Message message,
            List<PlaceOf> locations,
            Map<String, String> partialFingerprints,
            Optional<String> baselineState,
            Map<String, Object> properties) {}

    record PlaceOf(PhysicalLocation physicalLocation) {}

    record PhysicalLocation(ArtifactLocation artifactLocation, Region region) {}

    record ArtifactLocation(String uri) {}

    /** Of a binary file, which has no lines, the first place. */
    record Region(int startLine, int startColumn, int endLine, int endColumn) {

        static final Region FIRST = new Region(1, 1, 1, 1);
    }
}
