package io.github.swscan.scan;

import io.github.swscan.report.ReportDocument;
import java.nio.file.Path;

/**
 * Is told how a scan goes, by the thread that scans, in the order of these methods. What it throws ends the scan. What it is told before a scan is finished may be of a model that changes
 * meanwhile, so that the scan fails: it is no result.
 */
public interface ScanListener {

    /** Is not interested. */
    ScanListener NONE = new ScanListener() {};

    /** An ablation that names no model takes that of this report, and its ranking. */
    default void reportChosen(Path report) {}

    /** The headers of the model's files have been read, and the model is supported. */
    default void modelOpened(ModelHeader model) {}

    /** The engine is there. All that can be known beforehand to fail has been tried. */
    default void engineStarted(RunHeader run) {}

    /**
     * Data of the checkpoint are going to be read.
     *
     * @param bytes how many from here to the end, as far as can be foreseen: at most, where less may turn out to be enough
     * @param readings how often the checkpoint is read for that
     */
    default void readingBegins(long bytes, int readings) {}

    /** It is known what an ablation is going to take; its weights may have been read, or even a detection been made. */
    default void planned(AblationPlan plan) {}

    /** So many more bytes have been read, or copied. */
    default void bytesRead(long bytes) {}

    /** What began with {@link #readingBegins} is over, or has failed. */
    default void readingEnds() {}

    /** The report is complete. */
    default void finished(ReportDocument report) {}

    /** Nothing more is to come, however that came about. */
    default void ended() {}
}
