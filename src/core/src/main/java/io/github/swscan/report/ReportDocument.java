package io.github.swscan.report;

/**
 * A report of any kind: what a use case found, complete, as plain records. Its components are its fields in JSON, under
 * the same names and in the same order.
 */
public sealed interface ReportDocument
        permits DetectionReport,
                AblationReport,
                InspectionReport,
                FamiliesReport,
                KnownReport,
                FailedScan,
                Manifest,
                VerificationReport {

    /** The version of the kind's schema: a new first number where fields change their meaning or go. */
    String schemaVersion();

    Tool tool();
}
