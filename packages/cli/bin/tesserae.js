#!/usr/bin/env node
/** Committed, because npm links a command at install time only if its file exists, and dist comes later. */
import '../dist/main.js';
