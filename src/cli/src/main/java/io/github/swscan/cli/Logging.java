package io.github.swscan.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * How swscan logs: standard output belongs to results, so everything goes to standard error, a line each.
 *
 * <p>{@code -Dswscan.log.level=INFO} or {@code DEBUG} says more; with {@code DEBUG}, stack traces are printed as well.
 * Logback finds this class by itself; a file that it would have to parse costs a tenth of a second of every start.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_TOP_PRIORITY)
public final class Logging extends ContextAwareBase implements Configurator {

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        Level level = Level.toLevel(System.getProperty("swscan.log.level"), Level.WARN);
        boolean debugging = level == Level.DEBUG;

        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("swscan: %level: %msg%n" + (debugging ? "%ex" : "%nopex"));
        encoder.start();

        ConsoleAppender<ILoggingEvent> standardError = new ConsoleAppender<>();
        standardError.setContext(context);
        standardError.setName("STDERR");
        standardError.setTarget("System.err");
        standardError.setEncoder(encoder);
        standardError.start();

        context.getLogger("io.github.swscan").setLevel(level);
        // What it logs as an error it also throws, which ends in one line; it warns of harmless things.
        context.getLogger("ai.djl").setLevel(debugging ? Level.ERROR : Level.OFF);
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(standardError);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
