package io.github.swscan.report.html;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.Utf8ByteOutput;
import io.github.swscan.report.AblationReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.ReportWriter;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes a report as a page for people: one file of HTML in UTF-8 that needs no other file and makes no request. Takes
 * reports of detections and ablations, of all versions that can be read.
 */
public final class HtmlReportWriter implements ReportWriter {

    private final TemplateEngine templates = TemplateEngine.createPrecompiled(
            null, ContentType.Html, HtmlReportWriter.class.getClassLoader(), HtmlReportWriter.class.getPackageName());
    private final Assets assets = Assets.load();

    /** @throws IllegalArgumentException if the report is of another kind */
    @Override
    public void write(ReportDocument document, OutputStream out) throws IOException {
        Utf8ByteOutput page = new Utf8ByteOutput();
        if (document instanceof DetectionReport detection) {
            templates.render("detection.jte", DetectionPage.of(detection, assets), page);
        } else if (document instanceof AblationReport ablation) {
            templates.render("ablation.jte", AblationPage.of(ablation, assets), page);
        } else {
            throw new IllegalArgumentException(
                    "no page for a " + document.getClass().getSimpleName());
        }
        page.writeTo(out);
    }
}
