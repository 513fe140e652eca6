'use strict';
// A user's file as the rehearsal imagines it.

exports.returnsText = (event, context, callback) => callback(null, 'text');
exports.returnsBytes = (event, context, callback) => callback(null, event);
exports.returnsObject = (event, context, callback) => callback(null, { region: context.region });
