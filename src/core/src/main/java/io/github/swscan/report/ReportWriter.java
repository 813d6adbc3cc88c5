package io.github.swscan.report;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Renders reports in one format. Keeps nothing between reports; for use by several threads. */
public interface ReportWriter {

    /**
     * Writes all of a report. The stream stays open.
     *
     * @throws IOException if the stream does not take it
     */
    void write(ReportDocument document, OutputStream out) throws IOException;

    /** The report as it is written. */
    default byte[] bytes(ReportDocument document) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            write(document, bytes);
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
